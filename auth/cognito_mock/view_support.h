// What the provider's views read from headers.
#pragma once
#include <functional>
#include <optional>
#include <string_view>

#include "auth/cognito_mock/provider.h"
#include "web/router.h"

namespace auth::cognito_mock {

// nullopt: a header that is malformed or there twice; none at all is an empty BasicAuth.
std::optional<Provider::BasicAuth> read_basic_auth(const web::Request& request);
// Empty where there is not one "Bearer …".
std::string_view read_bearer(const web::Request& request);

inline web::Endpoint as_endpoint(std::function<web::Response(web::Request&)> view) {
  return
      [view = std::move(view)](web::Request& request, web::PathArguments) { return view(request); };
}

}  // namespace auth::cognito_mock
