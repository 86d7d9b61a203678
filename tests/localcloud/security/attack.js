// What a page from another origin can try; returns what it read, and how many attempts it made.
async ({changes, readings, ports, tls}) => {
  const read = [];
  const see = async answer => { if (answer.type !== "opaque") read.push(await answer.text()); };
  const patience = 3000;
  const attempts = [];

  for (const mode of ["cors", "no-cors", "same-origin"])
    for (const type of ["text/plain", "application/json"]) {
      for (const [method, url, body] of changes)
        attempts.push(() => fetch(url, {method, mode, body, headers: {"Content-Type": type}}).then(see));
      for (const url of readings)
        attempts.push(() => fetch(url, {mode, credentials: "include"}).then(see));
    }
  for (const url of tls)
    for (const mode of ["cors", "no-cors"])
      attempts.push(() => fetch(url, {mode}).then(() => read.push(`answered by ${url}`)));

  const element = (tag, attributes) => () => new Promise(done => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.onload = () => { if (tag !== "iframe") read.push(`${tag} loaded`); done(); };
    made.onerror = done;
    document.body.append(made);
    setTimeout(done, patience);
  });
  for (const url of readings)
    attempts.push(
      element("img", {src: url}), element("script", {src: url}), element("iframe", {src: url}),
      element("link", {rel: "stylesheet", href: url}));

  for (const port of ports)
    attempts.push(() => new Promise(done => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
      socket.onopen = () => { read.push(`WebSocket to ${port}`); done(); };
      socket.onerror = done;
      setTimeout(done, patience);
    }));

  const submit = (method, url, body, enctype) => () => new Promise(done => {
    const frame = Object.assign(document.createElement("iframe"), {name: `frame${Math.random()}`});
    const form = Object.assign(document.createElement("form"), {action: url, method, enctype, target: frame.name});
    form.append(Object.assign(document.createElement("input"), {name: body, value: ""}));
    document.body.append(frame, form);
    form.submit();
    setTimeout(done, patience);
  });
  for (const [method, url, body] of changes) {
    for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
      attempts.push(submit(method, url, body, enctype));
    navigator.sendBeacon(url, body);
  }

  await Promise.allSettled(attempts.map(attempt => attempt()));
  return {read, tried: attempts.length};
}
