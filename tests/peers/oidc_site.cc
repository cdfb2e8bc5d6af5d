// Serves the local identity provider alone, for programs by others to sign in with.
//
//   oidc_site PORT
#include <cstdio>
#include <cstdlib>

#include "auth/cognito_mock/views.h"
#include "web/application.h"
#include "web/csrf.h"
#include "web/session.h"
#include "web/session_store.h"

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: oidc_site PORT\n", stderr), 2;
  const auto provider =
      std::make_shared<auth::cognito_mock::Provider>(auth::cognito_mock::ProviderOptions{});
  web::Application app({.debug = true});
  app.templates().add({.source = "auth/cognito_mock/test_templates"});
  app.templates().add(auth::cognito_mock::templates());
  app.use(web::sessions(std::make_shared<web::MemorySessionStore>()));
  app.use(web::csrf());
  auth::cognito_mock::urls(app.router(), provider);
  app.on_listening([&](const web::Listening& address) {
    auth::cognito_mock::refuse_unless_local(true, address.host);
    provider->set_issuer(address.url() + "/cognito");
  });
  app.serve({.port = static_cast<std::uint16_t>(std::atoi(argv[1]))});
}
