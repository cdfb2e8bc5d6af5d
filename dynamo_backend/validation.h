// The forms of text fields, by hand: no regular expression that a client's text could slow down.
// Thread safety: functions of their arguments.
#pragma once
#include <string_view>

namespace dynamo_backend {

bool is_slug(std::string_view text);   // ASCII letters, digits, - and _
bool is_email(std::string_view text);  // local@domain.tld, as Django's validator without quoted
                                       // locals and address literals
// An absolute http or https URL with a host: no other scheme (javascript:), no user, no control
// characters or spaces.
bool is_http_url(std::string_view text);

}  // namespace dynamo_backend
