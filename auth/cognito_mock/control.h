// How the provider is told what to do wrong: the page at /cognito/ with its form, and JSON at
// /cognito/control/:
//
//   {"misbehave": "expired", "times": 1}     once; without `times` until "reset"
//   {"rotate_keys": true, "keep_former": false}
//   {"reset": true}
//   {"user": {"username": …, "email": …, "password": …, "groups": [...]}}
//   {"client": {"client_id": …, "client_secret": …, "redirect_uris": [...], "logout_uris": [...]}}
#pragma once
#include "auth/cognito_mock/provider.h"
#include "web/request.h"
#include "web/response.h"

namespace auth::cognito_mock {

web::Response control_page(web::Request& request, Provider& provider);
web::Response control_state(web::Request& request, Provider& provider);
web::Response control(web::Request& request, Provider& provider);

}  // namespace auth::cognito_mock
