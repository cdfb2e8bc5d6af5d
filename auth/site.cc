#include "auth/site.h"

#include "auth/accounts.h"
#include "auth/counter_store.h"
#include "auth/passwords.h"
#include "auth/session_store.h"
#include "base/log.h"
#include "web/csrf.h"
#include "web/messages.h"
#include "web/rate_limit.h"
#include "web/session.h"

namespace auth {
namespace {

// Where no server is set: what a mail says is nobody's who reads logs.
class NoMailer : public Mailer {
 public:
  void send(const Mail& mail) override {
    throw MailError("there is no server for the mail to " + mail.to + ": set [email] host");
  }
};

std::unique_ptr<Mailer> make_mailer(const SmtpOptions& options, bool debug) {
  if (!options.host.empty()) return std::make_unique<SmtpMailer>(options);
  if (debug) return std::make_unique<ConsoleMailer>();
  return std::make_unique<NoMailer>();
}

}  // namespace

void install(web::Application& application, const SiteOptions& options) {
  const bool debug = application.options().debug;
  application.use(web::sessions(std::make_shared<DynamoSessionStore>()));
  application.use(web::messages());
  application.use(web::csrf());
  application.use(web::address_rate_limits(counter_store()));
  if (options.before_authentication) application.use(options.before_authentication);
  application.use(authentication({.bearer = options.bearer, .open_demo = options.open_demo}));
  application.use(web::user_rate_limits(counter_store(), [](web::Request& request) {
    const User* const who = user(request);
    return who ? who->pk.str() : std::string();
  }));
  application.on_exception<PasswordsBusy>([](web::Request& request, const PasswordsBusy& busy) {
    base::log_warning("request " + std::string(request.request_id()) + ": " + busy.what());
    web::HttpError answer(503, "busy", "Many people are signing in. Try again in a moment.");
    answer.headers.set("Retry-After", "1");
    return web::Response::error(answer);
  });
  account_urls(application.router(),
               {.secret = options.secret,
                .mailer = std::make_shared<BackgroundMailer>(make_mailer(options.email, debug)),
                .site_name = options.site_name,
                .verify_email = !options.email.host.empty() || !debug,
                .sign_up = options.sign_up});
  application.templates().add(templates());
  application.add_context_processor(page_context);
}

void page_context(web::Request& request, web::Context& context) {
  if (!web::find_session(request)) return;  // an error's page, made when the session is saved
  user_context(request, context);
  if (context.wants("csrf_token")) context.set("csrf_token", web::csrf_token(request));
  if (!context.wants("messages")) return;
  for (const web::Message& message : web::take_messages(request)) {
    context.show("has_messages");
    web::Context turn = context.add("messages");
    turn.set("level", web::level_name(message.level)).set("text", message.text);
  }
}

}  // namespace auth
