#include "auth/cognito_site.h"

#include "auth/account_pages.h"
#include "auth/cognito/bearer.h"
#include "auth/cognito/jwks_cache.h"
#include "auth/cognito/login.h"
#include "auth/cognito_accounts.h"
#include "auth/cognito_mock/file_users.h"
#include "auth/cognito_mock/views.h"
#include "auth/counters.h"
#include "auth/throttle.h"
#include "auth/users.h"
#include "base/secrets.h"
#include "net/text.h"
#include "web/context.h"
#include "web/safe_redirect.h"
#include "web/session.h"

namespace auth {
namespace {

// Until the server has its address.
constexpr const char* kDefaultUrl = "http://127.0.0.1:8000";

// The pool's keys, and what is verified and asked with them.
struct Connected {
  Connected(net::HttpClient& http, cognito::OidcSettings settings,
            std::shared_ptr<cognito::DenyList> denied)
      : keys(http, {.url = settings.jwks_url}),
        verifier(keys, {.issuer = settings.issuer,
                        .client_ids = {settings.client_id},
                        .denied = std::move(denied)}),
        client(http, keys, std::move(settings)) {}
  cognito::JwksCache keys;
  cognito::JwtVerifier verifier;
  cognito::OidcClient client;
};

// Counters of revoked ids, which live as long as the tokens.
cognito::SharedDenials shared_denials(const std::string& secret) {
  const auto key = [secret](const std::string& id) { return counter_key(secret, "revoked", id); };
  return {.add =
              [key](const std::string& id, base::Timestamp until) {
                const auto now = dynamo_backend::Connection::current().now();
                if (until > now)
                  count_up(key(id), std::chrono::ceil<std::chrono::seconds>(until - now));
              },
          .find = [key](const std::string& id) -> std::optional<base::Timestamp> {
            const Count found = look_at_count(key(id));
            return found.count > 0 ? std::optional(found.until) : std::nullopt;
          }};
}

web::HttpError not_allowed() { return {403, "account_disabled", "This account is disabled."}; }

}  // namespace

class CognitoSite::Impl : public BearerVerifier,
                          public std::enable_shared_from_this<CognitoSite::Impl> {
 public:
  explicit Impl(CognitoSiteOptions options)
      : options_(std::move(options)), table_(cognito::group_table(options_.settings)) {
    if (!is_on()) return;
    connect(options_.settings.site_url.empty() ? kDefaultUrl : options_.settings.site_url);
  }

  bool is_on() const {
    return options_.settings.mock_mode || cognito::is_user_pool_id(options_.settings.user_pool_id);
  }

  void install(web::Application& application) {
    login_ = std::make_unique<cognito::CognitoLogin>(client(), application.secret_keys(), hooks(),
                                                     denied_);
    login_->urls(application.router());
    application.templates().add(cognito::templates());
    application.add_context_processor([](web::Request& request, web::Context& context) {
      if (context.wants("cognito")) {
        context.show("cognito");
        const NextPage* const page = request.get<NextPage>();
        const std::string next =
            page ? page->path : web::safe_redirect(request.query("next").value_or(""));
        context.set("cognito_url", "/accounts/amazon-cognito/login/" +
                                       (next == "/" ? "" : "?next=" + net::percent_encode(next)));
      }
    });
    if (options_.settings.mock_mode) install_provider(application);
    // Which keeps it alive as long as the application, whose routes lead here.
    application.on_listening(
        [self = shared_from_this()](const web::Listening& address) { self->listening(address); });
  }

  web::Middleware middleware() {
    return [self = shared_from_this()](web::Request& request, const web::Next& next) {
      return self->login_ ? self->login_->handle(request, next) : next(request);
    };
  }

  std::optional<User> user_of(web::Request& request) const override {
    const auto claims = cognito::verify_bearer(request, connected_->verifier);
    if (!claims) return std::nullopt;
    auto user = find_by_oidc(claims->issuer, claims->subject);
    if (!user) {
      // Who has signed in elsewhere with the same pool comes here for the first time.
      if (auto account = cognito_account(*claims, table_)) user = std::move(account->user);
    }
    if (user && user->is_active) return user;
    web::HttpError error(401, "invalid_token", "The access token is not valid.");
    error.headers.set("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    throw error;
  }

 private:
  std::shared_ptr<const cognito::OidcClient> client() const {
    return {connected_, &connected_->client};
  }

  void connect(const std::string& site_url) {
    auto settings = options_.settings.mock_mode
                        ? cognito::local_oidc_settings(options_.settings, site_url)
                        : cognito::oidc_settings(options_.settings, site_url);
    connected_ = std::make_shared<Connected>(http_, std::move(settings), denied_);
    if (login_) login_->set_client(client());
  }

  void listening(const web::Listening& address) {
    if (options_.settings.mock_mode)
      cognito_mock::refuse_unless_local(options_.debug, address.host);
    const std::string& site = options_.settings.site_url;
    // The local provider is where this process listens, whatever a proxy calls it.
    connect(options_.settings.mock_mode || site.empty() ? address.url() : site);
    if (!options_.settings.mock_mode) return connected_->keys.prefetch();
    introduce_client();
    provider_->keys().current();  // made now, where there is none: nobody waits for it later
  }

  void install_provider(web::Application& application) {
    const std::string& folder = options_.folder;
    provider_ = std::make_shared<cognito_mock::Provider>(
        cognito_mock::ProviderOptions{.keys_file =
                                          folder.empty() ? "" : folder + "/cognito_mock_keys.pem"},
        folder.empty()
            ? nullptr
            : std::make_unique<cognito_mock::FileUsers>(folder + "/cognito_mock_users.json"));
    introduce_client();
    cognito_mock::urls(application.router(), provider_, login_counter());
    application.templates().add(cognito_mock::templates());
  }

  // The local provider's log-in counts as the site's own does.
  cognito_mock::LoginCounter login_counter() const {
    const auto throttle = std::make_shared<const LoginThrottle>(options_.secret);
    return {.begin =
                [throttle](std::string_view account, std::string_view address) {
                  try {
                    throttle->begin(account, address);
                  } catch (const Throttled& throttled) {
                    web::HttpError error(429, "too_many_requests", throttled.what());
                    error.headers.set("Retry-After", std::to_string(throttled.retry_after.count()));
                    throw error;
                  }
                },
            .succeeded = [throttle](
                             std::string_view account,
                             std::string_view address) { throttle->succeeded(account, address); }};
  }

  // This site's client, also by the other name of this machine.
  void introduce_client() {
    const auto& settings = connected_->client.settings();
    provider_->set_issuer(settings.issuer);
    cognito_mock::Client client{.id = settings.client_id, .secret = settings.client_secret};
    for (const char* host : {"//127.0.0.1:", "//localhost:"}) {
      const auto at_host = [&](std::string url) {
        const std::size_t begin = url.find("//"), end = url.find(':', begin);
        return url.replace(begin, end + 1 - begin, host);
      };
      client.redirect_uris.push_back(at_host(settings.redirect_uri));
      client.logout_uris.push_back(at_host(settings.logout_uri));
    }
    provider_->add_client(std::move(client));
  }

  cognito::LoginHooks hooks() {
    return {.sign_in =
                [this](web::Request& request, const cognito::Claims& claims,
                       const cognito::GroupMapping&) {
                  const auto account = cognito_account(claims, table_);
                  if (!account) throw not_allowed();
                  login(request, account->user);
                },
            .refreshed =
                [this](web::Request& request, const cognito::Claims& claims,
                       const cognito::GroupMapping&) {
                  const auto account = cognito_account(claims, table_);
                  if (account && account->rights_changed) web::session(request).rotate();
                  return account.has_value();
                }};
  }

  const CognitoSiteOptions options_;
  const cognito::GroupTable table_;
  const std::shared_ptr<cognito::DenyList> denied_ =
      std::make_shared<cognito::DenyList>(base::now, 100'000, shared_denials(options_.secret));
  net::HttpClient http_;
  std::shared_ptr<Connected> connected_;
  std::shared_ptr<cognito_mock::Provider> provider_;
  std::unique_ptr<cognito::CognitoLogin> login_;
};

CognitoSite::CognitoSite(CognitoSiteOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {}
CognitoSite::~CognitoSite() = default;

bool CognitoSite::is_on() const { return impl_->is_on(); }

std::shared_ptr<const BearerVerifier> CognitoSite::bearer() const {
  return is_on() ? impl_ : nullptr;
}

web::Middleware CognitoSite::middleware() const { return impl_->middleware(); }

void CognitoSite::install(web::Application& application) const {
  if (is_on()) impl_->install(application);
}

}  // namespace auth
