"use strict";

// What is tried here is tried at the gateway that shows it: the page may call no other, whichever the document names.
const show = (spec) => SwaggerUIBundle({
  spec: { ...spec, servers: [{ url: location.origin }] },
  domNode: document.getElementById("docs"),
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
});

fetch("/openapi.json")
  .then((response) => response.json())
  .then(show)
  .catch((error) => { document.getElementById("docs").textContent = "It can't be shown: " + error; });
