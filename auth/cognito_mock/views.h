// The local provider's pages and endpoints, below /cognito/ and, as the original had them, below
// /cognito-mock/.
//
//   auto provider = std::make_shared<Provider>(options);
//   auth::cognito_mock::urls(application.router(), provider);
//   application.templates().add(auth::cognito_mock::templates());
//
// Every one of them answers 404 to clients that are not on this machine or came through a proxy
// (L9). Who starts the server asks refuse_unless_local() before.
#pragma once
#include <memory>
#include <string_view>

#include "auth/cognito_mock/provider.h"
#include "web/embedded.h"
#include "web/router.h"

namespace auth::cognito_mock {

void urls(web::Router& router, std::shared_ptr<Provider> provider);
web::TemplateFolder templates();

// Throws std::runtime_error, which says what to do, unless the site is in debug and its server
// listens on loopback (L9).
void refuse_unless_local(bool debug, std::string_view host);

}  // namespace auth::cognito_mock
