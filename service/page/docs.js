window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  // It would ask a server elsewhere whether the document is valid.
  validatorUrl: null,
});
