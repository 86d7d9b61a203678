// The project's variables, checked once: they are inlined into SQL, so their form is strict.
const FORMS = {
  bucket: /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/,
  sources: /^([a-z]+(,[a-z]+)*)?$/,
  as_of: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  shown_as_of: /^(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$/,
  business_time_zone: /^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$/,
  earliest_date: /^\d{4}-\d{2}-\d{2}$/,
  look_back_days: /^\d{1,3}$/,
  least_volume_share: /^\d+(\.\d+)?$/,
  most_volume_share: /^\d+(\.\d+)?$/,
  max_reject_share: /^[01](\.\d+)?$/,
  assert_all: /^(true|false)?$/,
  lapsed_after_days: /^[1-9]\d{0,3}$/,
  warehouse_dataset: /^\w{1,1024}$/,
  bi_dataset: /^\w{1,1024}$/,
  keys_dataset: /^\w{1,1024}$/,
  contacts_dataset: /^\w{1,1024}$/,
};

function variable(name) {
  const value = dataform.projectConfig.vars[name];
  if (!FORMS[name].test(value || "")) {
    throw new Error(`Set the variable ${name} to a value of the form ${FORMS[name]}: it is "${value}".`);
  }
  return value;
}

module.exports = {
  bucket: variable("bucket"),
  lacks: (source) => !variable("sources").split(",").includes(source),
  asOf: `DATE '${variable("as_of")}'`,
  // Dashboards show the newest day: a run for an older day leaves them there.
  shownAsOf: `DATE '${variable("shown_as_of") || variable("as_of")}'`,
  // Every assertion checks the whole of its table on Sundays, and on request.
  assertsAll: variable("assert_all") === "true" || new Date(variable("as_of")).getUTCDay() === 0,
  timeZone: `'${variable("business_time_zone")}'`,
  earliest: `DATE '${variable("earliest_date")}'`,
  lookBackDays: variable("look_back_days"),
  leastVolumeShare: variable("least_volume_share"),
  mostVolumeShare: variable("most_volume_share"),
  maxRejectShare: variable("max_reject_share"),
  lapsedAfterDays: variable("lapsed_after_days"),
  warehouse: variable("warehouse_dataset"),
  bi: variable("bi_dataset"),
  keys: variable("keys_dataset"),
  contacts: variable("contacts_dataset"),
};
