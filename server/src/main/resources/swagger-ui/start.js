"use strict";

// Scripts stand in files of this server only: the page's policy allows no others.
const ui = SwaggerUIBundle({
  url: "../v3/api-docs",
  dom_id: "#api",
  deepLinking: true,
  filter: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  syntaxHighlight: { activated: true },
  validatorUrl: null,
  // Whoever logs in with "Try it out" is logged in for the calls after it.
  responseInterceptor: (response) => {
    if (response.ok && /\/api\/(auth\/(login|token)|noauth\/activate)$/.test(response.url)) {
      const { token } = JSON.parse(response.text);
      ui.preauthorizeApiKey("accessToken", "Bearer " + token);
    }
    return response;
  },
});
