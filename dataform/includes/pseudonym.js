const clean = require("includes/clean");

// A keyed hash: without the key, nobody can hash the known customer ids and compare. It is nested as in
// HMAC; NULL stays NULL. TO_JSON_STRING reads the key the same way whether it is stored as STRING or as BYTES.
function customerKey(customerId, keyTable) {
  const key = `TO_JSON_STRING((SELECT key FROM ${keyTable}))`;
  const inner = `TO_HEX(SHA256(CONCAT(${key}, ':', ${clean.text(customerId)})))`;
  return `TO_HEX(SHA256(CONCAT(${key}, ':', ${inner})))`;
}

module.exports = { customerKey };
