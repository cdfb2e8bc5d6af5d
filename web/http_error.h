// HttpError: what a view throws to answer with a status other than success.
//
//   throw web::HttpError(404, "not_found", "No such post.");
//
// The answer's body is JSON: {"error": message, "code": code, "fields": {name: [message, …]}},
// `fields` only where given.
#pragma once
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "net/http_message.h"

namespace web {

// Messages by the name of the field that they are about.
using FieldErrors = std::map<std::string, std::vector<std::string>>;

struct HttpError : std::runtime_error {
  HttpError(int http_status, std::string error_code, const std::string& message,
            FieldErrors field_errors = {})
      : std::runtime_error(message),
        status(http_status),
        code(std::move(error_code)),
        fields(std::move(field_errors)) {}

  int status;        // 400-599
  std::string code;  // for programs: lower case, stable
  FieldErrors fields;
  net::HeaderBlock headers{};  // added to the answer, e.g. Allow or Retry-After
};

}  // namespace web
