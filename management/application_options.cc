#include "management/application_options.h"

namespace management {

web::ApplicationOptions application_options(Context& context) {
  const base::WebSettings& web = context.settings().web;
  const base::CognitoSettings& cognito = context.settings().cognito;
  web::ApplicationOptions options{
      .debug = web.debug,
      .allowed_hosts = web.allowed_hosts,
      .secret_keys = {.current = context.secret_key(), .fallbacks = web.secret_key_fallbacks},
      .secure_ssl = web.secure_ssl,
      .trusted_proxies = web.trusted_proxies,
      .cors_allowed_origins = web.cors_allowed_origins,
      .access_log = web.access_log,
      .log_format = web.json_logs ? web::LogFormat::json : web::LogFormat::text};
  if (!cognito.domain.empty()) options.security.form_targets.push_back(cognito.domain);
  return options;
}

}  // namespace management
