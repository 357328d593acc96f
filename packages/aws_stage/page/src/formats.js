/** Values as an index pattern says that its fields are shown. */

/** A function from a value of `field` to text. */
export function formatter(formats, field) {
  const { id, params } = formats[field] ?? {};
  const decimals = (/\.(0+)/.exec(params?.pattern ?? "")?.[1] ?? "").length;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  if (id === "percent") return number({ style: "percent", ...digits });
  if (id === "number" && params?.pattern?.startsWith("$")) return number({ style: "currency", currency: "USD", ...digits });
  if (id === "number") return number(digits);
  return number({ maximumFractionDigits: 2, useGrouping: false });
}

function number(options) {
  const format = new Intl.NumberFormat("en-US", options);
  return (value) => {
    if (value === null || value === undefined) return "–";
    return typeof value === "number" ? format.format(value) : String(value);
  };
}
