"use strict";

// Shows the description of this service, and lets who is signed in try it out as themselves.
(async () => {
  const told = async (address) => (await fetch(address, { headers: { Accept: "application/json" } })).json();
  const [description, session] = await Promise.all([told("v1/openapi.json"), told("v1/session")]);

  // Wherever the page is served the service is, and the page may ask nobody else.
  description.servers = [{ url: new URL("v1", document.baseURI).pathname, description: "This service" }];
  delete description.components.securitySchemes.session;

  const header = document.getElementById("session");
  const signIn = header.dataset.signIn;
  if (session.signedIn) {
    header.querySelector("span").textContent = `Signed in: ${session.roles.join(", ")}`;
    const signOut = document.createElement("button");
    signOut.type = "button";
    signOut.textContent = "Sign out";
    signOut.addEventListener("click", async () => {
      await fetch("sign-out", { method: "POST", headers: { "X-CSRF-Token": session.csrfToken } });
      location.reload();
    });
    header.append(signOut);
  } else if (signIn) {
    const link = document.createElement("a");
    link.href = signIn;
    link.textContent = "Sign in";
    header.append(link);
  }

  const mere = ["GET", "HEAD", "OPTIONS"];
  SwaggerUIBundle({
    spec: description,
    domNode: document.getElementById("documentation"),
    presets: [SwaggerUIBundle.presets.apis],
    validatorUrl: null,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    requestInterceptor: (request) => {
      if (session.csrfToken && !mere.includes(request.method.toUpperCase())) {
        request.headers["X-CSRF-Token"] = session.csrfToken;
      }
      return request;
    },
  });
})();
