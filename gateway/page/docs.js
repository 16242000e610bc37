"use strict";

// element makes an element; all text goes in as text, never as HTML.
const element = (name, props, ...children) => {
  const e = Object.assign(document.createElement(name), props);
  e.append(...children.filter((c) => c !== undefined && c !== ""));
  return e;
};

const nameOf = (ref) => ref.replace("#/definitions/", "");

// typeOf says in a word what a schema is.
const typeOf = (schema = {}) => {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.type === "array") return typeOf(schema.items) + "[]";
  return [schema.type ?? "object", schema.format].filter(Boolean).join(" ");
};

const row = (name, type, text, required) =>
  element("tr", {},
    element("td", {}, element("code", {}, name), required ? " *" : ""),
    element("td", {}, type),
    element("td", {}, text ?? ""));

// fields lists what an object has, one level deep.
const fields = (definitions, schema = {}) => {
  const object = schema.$ref ? definitions[nameOf(schema.$ref)] : schema;
  const required = object?.required ?? [];
  return Object.entries(object?.properties ?? {}).map(([name, s]) =>
    row(name, typeOf(s), s.description ?? s.title, required.includes(name)));
};

const section = (title, rows) =>
  rows.length ? [element("h3", {}, title), element("table", {}, element("tbody", {}, ...rows))] : [];

const operation = (definitions, path, method, op) => {
  const parameters = op.parameters ?? [];
  const body = parameters.find((p) => p.in === "body");
  const answer = op.responses?.["200"]?.schema;
  return element("details", { id: op.operationId },
    element("summary", {},
      element("span", { className: "method " + method }, method.toUpperCase()),
      element("code", {}, path),
      element("span", { className: "what" }, op.summary ?? "")),
    element("div", { className: "inside" },
      element("p", {}, op.description ?? ""),
      ...section("Parameters", parameters.filter((p) => p !== body)
        .map((p) => row(p.name, `${p.in}, ${typeOf(p)}`, p.description, p.required))),
      ...(body && op.consumes ? section("Body: " + op.consumes.join(", "), [row("file", typeOf(body.schema), body.description, true)]) :
        body ? section("Body: " + typeOf(body.schema), fields(definitions, body.schema)) : []),
      ...(answer ? section((op.produces ? "Each event: " : "Answer: ") + typeOf(answer), fields(definitions, answer)) : [])));
};

const show = (doc) => {
  document.getElementById("about").textContent = doc.info.description;
  const byTag = new Map((doc.tags ?? []).map((t) => [t.name, { about: t.description, operations: [] }]));
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(item)) {
      byTag.get(op.tags?.[0])?.operations.push(operation(doc.definitions, path, method, op));
    }
  }
  document.getElementById("operations").replaceChildren(...[...byTag].map(([tag, group]) =>
    element("section", {},
      element("h2", {}, tag.replace(/Service$/, "")),
      element("p", {}, group.about ?? ""),
      ...group.operations)));
  if (location.hash) document.getElementById(location.hash.slice(1))?.setAttribute("open", "");
};

const search = (text) => {
  for (const group of document.querySelectorAll("section")) {
    for (const op of group.querySelectorAll("details")) {
      op.hidden = !op.textContent.toLowerCase().includes(text.toLowerCase());
    }
    group.hidden = !group.querySelector("details:not([hidden])");
  }
};

document.getElementById("search").addEventListener("input", (e) => search(e.target.value));

fetch("/openapi.json")
  .then((response) => response.json())
  .then(show)
  .catch((error) => { document.getElementById("operations").textContent = "It can't be shown: " + error; });
