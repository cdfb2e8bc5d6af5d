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
#include <functional>
#include <memory>
#include <string_view>

#include "auth/cognito_mock/provider.h"
#include "web/embedded.h"
#include "web/router.h"

namespace auth::cognito_mock {

// What counts the log-ins that are tried (rule N1), where the site has counters: begin() throws the
// HttpError that is answered to one too many.
struct LoginCounter {
  using Count = std::function<void(std::string_view account, std::string_view address)>;
  Count begin = [](auto, auto) {};
  Count succeeded = [](auto, auto) {};
};

void urls(web::Router& router, std::shared_ptr<Provider> provider, LoginCounter counter = {});
web::TemplateFolder templates();

// Throws std::runtime_error, which says what to do, unless the site is in debug and its server
// listens on loopback (L9).
void refuse_unless_local(bool debug, std::string_view host);

}  // namespace auth::cognito_mock
