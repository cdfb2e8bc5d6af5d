// ./manage check: what it finds in settings, models, routes and the database.
#include "management/check.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log_level.h"
#include "dynamo_backend/models.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"
#include "management/test_program.h"
#include "web/rate_limit.h"

namespace management {
namespace {

using dynamo_backend::CharField, dynamo_backend::define, dynamo_backend::DynamoModel,
    dynamo_backend::ForeignKey, dynamo_backend::Registry;
using testing::HasSubstr;

struct First : DynamoModel<First> {
  std::string name{};
  static constexpr auto schema = define<First>(
      {.table_name = "check_same"}, CharField<&First::name>{.max_length = 10, .index = true});
};
struct Second : DynamoModel<Second> {
  std::string name{};
  static constexpr auto schema =
      define<Second>({.table_name = "check_same"}, CharField<&Second::name>{.max_length = 10});
};
struct BadlyNamed : DynamoModel<BadlyNamed> {
  std::string name{};
  static constexpr auto schema = define<BadlyNamed>({.table_name = "no spaces"},
                                                    CharField<&BadlyNamed::name>{.max_length = 10});
};

struct Twin : DynamoModel<Twin> {
  std::string name{};
  static constexpr auto schema = define<Twin>(CharField<&Twin::name>{});
};
struct TWIN : DynamoModel<TWIN> {
  std::string name{};
  static constexpr auto schema =
      define<TWIN>({.table_name = "check_capital_twin"}, CharField<&TWIN::name>{});
};

// Each has one thing about search that does not fit.
struct NothingToFind : DynamoModel<NothingToFind> {
  std::string name{};
  static constexpr auto schema =
      define<NothingToFind>({.table_name = "check_nothing", .opensearch_sync = true},
                            CharField<&NothingToFind::name>{.filterable = true});
};
struct OtherStream : DynamoModel<OtherStream> {
  std::string name{};
  static constexpr auto schema =
      define<OtherStream>({.table_name = "check_stream",
                           .opensearch_sync = true,
                           .opensearch_index = "shared",
                           .stream = dynamo_backend::StreamViewType::keys_only},
                          CharField<&OtherStream::name>{.searchable = true});
};
struct OddIndex : DynamoModel<OddIndex> {
  std::string name{};
  static constexpr auto schema = define<OddIndex>(
      {.table_name = "check_odd", .opensearch_sync = true, .opensearch_index = "Odd Index"},
      CharField<&OddIndex::name>{.searchable = true});
};
struct SharedIndex : DynamoModel<SharedIndex> {
  std::string name{};
  static constexpr auto schema = define<SharedIndex>(
      {.table_name = "check_shared", .opensearch_sync = true, .opensearch_index = "shared"},
      CharField<&SharedIndex::name>{.searchable = true});
};
struct SharedTable : DynamoModel<SharedTable> {
  std::string name{};
  static constexpr auto schema =
      define<SharedTable>({.table_name = "Shared", .opensearch_sync = true},
                          CharField<&SharedTable::name>{.searchable = true});
};
struct TwoCases : DynamoModel<TwoCases> {
  std::string name{}, kind_of{}, Kind_of{};
  static constexpr auto schema =
      define<TwoCases>({.table_name = "check_cases", .opensearch_sync = true},
                       CharField<&TwoCases::name>{.searchable = true},
                       CharField<&TwoCases::kind_of>{.filterable = true},
                       CharField<&TwoCases::Kind_of>{.filterable = true});
};
struct NoIndex : DynamoModel<NoIndex> {
  std::string name{};
  static constexpr auto schema = define<NoIndex>({.table_name = "check_no_index"},
                                                 CharField<&NoIndex::name>{.searchable = true});
};

struct Expiring : DynamoModel<Expiring> {
  dynamo_backend::Timestamp until{};
  static constexpr auto schema = define<Expiring>({.table_name = "check_expiring"},
                                                  dynamo_backend::TTLField<&Expiring::until>{});
};
// Two relations of one name from one model, and one that is called as a field.
struct Owner : DynamoModel<Owner> {
  std::string name{};
  static constexpr auto schema =
      define<Owner>({.table_name = "check_owner"}, CharField<&Owner::name>{});
};
struct Clashing : DynamoModel<Clashing> {
  dynamo_backend::Ref<Owner> a{}, b{}, c{}, d{}, e{};
  static constexpr auto schema = define<Clashing>(
      {.table_name = "check_clashing"}, ForeignKey<&Clashing::a>{.related_name = "things"},
      ForeignKey<&Clashing::b>{.related_name = "things"},
      ForeignKey<&Clashing::c>{.related_name = "name"},
      ForeignKey<&Clashing::d>{.related_name = "+"}, ForeignKey<&Clashing::e>{.related_name = "+"});
};

std::vector<std::string> ids_of(const std::vector<CheckMessage>& messages) {
  std::vector<std::string> ids;
  for (const auto& message : messages) ids.push_back(message.id);
  return ids;
}

base::Settings good() {
  base::Settings settings;
  settings.web.allowed_hosts = {"example.com"};
  return settings;
}

TEST(CheckSettings, GoodOnes_HaveNoMessage) {
  EXPECT_EQ(ids_of(check_settings(good())), std::vector<std::string>{});
}

TEST(CheckSettings, NoAllowedHost_IsAnError_UnlessInDebug) {
  base::Settings settings = good();
  settings.web.allowed_hosts.clear();
  EXPECT_EQ(ids_of(check_settings(settings)), std::vector<std::string>{"web.E001"});
  EXPECT_THAT(check_settings(settings)[0].text, HasSubstr("web.allowed_hosts"));
  settings.web.debug = true;
  EXPECT_EQ(ids_of(check_settings(settings)), std::vector<std::string>{});
}

TEST(CheckSettings, ShortSecretKey_IsAWarning_ThatDoesNotShowIt) {
  base::Settings settings = good();
  settings.web.secret_key = "hunter2";
  const auto messages = check_settings(settings);
  EXPECT_EQ(ids_of(messages), std::vector<std::string>{"web.W001"});
  EXPECT_EQ(messages[0].level, CheckMessage::Level::warning);
  EXPECT_THAT(messages[0].text, testing::Not(HasSubstr("hunter2")));
  settings.web.secret_key = std::string(50, 'x');
  EXPECT_EQ(ids_of(check_settings(settings)), std::vector<std::string>{});
}

TEST(CheckSettings, UnverifiedCertificates_AreForDebugging) {
  base::Settings settings = good();
  settings.opensearch = {.enabled = true, .use_ssl = true, .verify_certs = false};
  EXPECT_THAT(ids_of(check_settings(settings)), testing::ElementsAre("opensearch.W001"));
  settings.web.debug = true;
  EXPECT_THAT(check_settings(settings), testing::IsEmpty());
}

TEST(CheckSettings, MockLoginInProduction_IsAnError) {
  base::Settings settings = good();
  settings.cognito.mock_mode = true;
  EXPECT_EQ(ids_of(check_settings(settings)), std::vector<std::string>{"cognito.E001"});
  settings.web.debug = true;
  EXPECT_EQ(ids_of(check_settings(settings)), std::vector<std::string>{});
}

TEST(CheckModels, TwoModelsOfOneTable_AreAnErrorThatNamesBoth) {
  // check_models() asks for a table's name with the prefix of the current connection: none is open
  // here.
  Registry registry;
  registry.add<First>();
  EXPECT_EQ(ids_of(check_models(registry)), std::vector<std::string>{});
  registry.add<Second>();
  const auto messages = check_models(registry);
  EXPECT_EQ(ids_of(messages), std::vector<std::string>{"models.E002"});
  EXPECT_THAT(messages[0].text, testing::AllOf(HasSubstr("Second"), HasSubstr("check_same"),
                                               HasSubstr(".table_name")));
}

TEST(CheckModels, RelatedNamesThatClash_AreErrorsThatNameBoth) {
  Registry registry;
  registry.add<Owner>();
  registry.add<Clashing>();
  const auto messages = check_models(registry);
  EXPECT_EQ(ids_of(messages), (std::vector<std::string>{"models.E003", "models.E003"}));
  EXPECT_THAT(messages[0].text, testing::AllOf(HasSubstr("Clashing.b"), HasSubstr("Clashing.a"),
                                               HasSubstr("\"things\" from Owner")));
  EXPECT_THAT(messages[1].text,
              testing::AllOf(HasSubstr("Clashing.c"), HasSubstr("a field of that name")));
}

TEST(CheckModels, LabelsThatDifferInCaseAlone_AreAnErrorThatNamesBoth) {
  Registry registry;
  registry.add<Twin>();
  registry.add<TWIN>();
  const auto messages = check_models(registry);
  EXPECT_EQ(ids_of(messages), std::vector<std::string>{"models.E005"});
  EXPECT_THAT(messages[0].text, testing::AllOf(HasSubstr("TWIN: "), HasSubstr("Twin;")));
}

TEST(CheckModels, TableThatCannotBeMade_IsAnError) {
  Registry registry;
  registry.add<BadlyNamed>();
  const auto messages = check_models(registry);
  EXPECT_EQ(ids_of(messages), std::vector<std::string>{"models.E001"});
  EXPECT_THAT(messages[0].text, testing::AllOf(HasSubstr("BadlyNamed"), HasSubstr("no spaces")));
}

class CheckCommand : public TestProgram {
 protected:
  int check(const std::string& settings, const char* option = nullptr) {
    const std::string path = write("settings.toml", settings);
    std::vector<const char*> arguments{"check", "--settings", path.c_str()};
    if (option) arguments.push_back(option);
    return manage(arguments);
  }
};

TEST(CheckSearch, WhatDoesNotFit_IsNamed) {
  Registry registry;
  registry.add<NothingToFind>();
  registry.add<OtherStream>();
  registry.add<OddIndex>();
  registry.add<SharedIndex>();
  registry.add<SharedTable>();
  registry.add<TwoCases>();
  registry.add<NoIndex>();
  const auto messages = check_search(registry);
  EXPECT_THAT(ids_of(messages),
              testing::ElementsAre("search.E001", "search.E002", "search.E003", "search.E004",
                                   "search.E004", "search.E005", "search.W001"));
  EXPECT_THAT(messages.at(1).text, HasSubstr("OtherStream"));
  EXPECT_THAT(messages.at(2).text, HasSubstr("Odd Index"));
  EXPECT_THAT(messages.at(3).text, HasSubstr("SharedIndex and OtherStream"));
  EXPECT_THAT(messages.at(4).text, HasSubstr("SharedTable and OtherStream"));
  EXPECT_THAT(messages.at(5).text, HasSubstr("kind_of and Kind_of"));
}

TEST(CheckTimeToLive, ATableWithoutIt_IsAWarning) {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  Registry registry;
  registry.add<Expiring>();
  const auto check = [&] {
    return check_time_to_live(dynamo_backend::Connection::current(), registry);
  };
  EXPECT_EQ(ids_of(check()), std::vector<std::string>{});  // no table: nothing to say
  auto table = dynamo_backend::table_definition(dynamo_backend::model_info<Expiring>());
  ASSERT_TRUE(engine->create_table(table).has_value());
  const auto messages = check();
  EXPECT_EQ(ids_of(messages), std::vector<std::string>{"models.W001"});
  EXPECT_THAT(messages[0].text, testing::AllOf(HasSubstr("Expiring: expired rows are hidden"),
                                               HasSubstr("on 'until', and it is off")));
  dynamo_backend::ensure_table<Expiring>();
  EXPECT_EQ(ids_of(check()), std::vector<std::string>{});
}

constexpr const char* kMemory = "[dynamo_backend]\nendpoint_url = \"local::memory:\"\n";

TEST_F(CheckCommand, NothingWrong_Is0) {
  EXPECT_EQ(check(std::string(kMemory) + "[web]\ndebug = true\n"), 0);
  EXPECT_EQ(out, "System check identified no issues (0 errors, 0 warnings).\n");
  EXPECT_EQ(err, "");
}

TEST_F(CheckCommand, Warning_Is0AndPrinted) {
  EXPECT_EQ(check(std::string(kMemory) + "[web]\ndebug = true\nsecret_key = \"short\"\n"), 0);
  EXPECT_EQ(out, "System check identified issues (0 errors, 1 warnings).\n");
  EXPECT_THAT(err, testing::StartsWith("WARNING: (web.W001) "));
}

TEST_F(CheckCommand, Errors_Are1AndAllPrinted) {
  EXPECT_EQ(check(std::string(kMemory) + "[web]\ndebug = false\n[cognito]\nmock_mode = true\n"), 1);
  EXPECT_EQ(out, "System check identified issues (2 errors, 0 warnings).\n");
  EXPECT_THAT(err,
              testing::AllOf(HasSubstr("ERROR: (web.E001) "), HasSubstr("ERROR: (cognito.E001) ")));
}

TEST_F(CheckCommand, G5_NoSecret_IsInWhatIsPrinted) {
  const std::string secrets =
      std::string(kMemory) +
      "aws_access_key_id = \"test\"\naws_secret_access_key = \"s3cr3t-aws\"\n"
      "[web]\nsecret_key = \"s3cr3t-web\"\nsecret_key_fallbacks = [\"s3cr3t-old\"]\n"
      "metrics_token = \"s3cr3t-metrics-0123456789\"\n"
      "[opensearch]\nusername = \"u\"\npassword = \"s3cr3t-search\"\n"
      "[cognito]\nclient_secret = \"s3cr3t-cognito\"\n"
      "[email]\nhost = \"mail.example\"\nusername = \"u\"\npassword = \"s3cr3t-mail\"\n";
  EXPECT_EQ(check(secrets, "--deploy"), 1);
  EXPECT_THAT(err, HasSubstr("web.secret_key"));
  EXPECT_THAT(out + err, testing::Not(HasSubstr("s3cr3t")));
  // A mistake beside them, or in one of them, is told without them.
  for (const char* mistake : {"[auth]\nsign_up = 7\n", "[nonsense]\n", "[web\n"}) {
    EXPECT_EQ(check(secrets + mistake), 1) << mistake;
    EXPECT_THAT(out + err, testing::Not(HasSubstr("s3cr3t"))) << mistake;
  }
}

TEST_F(CheckCommand, G4_Deploy_SeesAPageOfLoginThatIsNotThrottled) {
  const auto login = [](web::Application& application) -> web::Route& {
    application.router()
        .get("/accounts/login/", [](web::Request&) { return web::Response::html("<form></form>"); })
        .access(web::Access::public_);
    return application.router()
        .post("/accounts/login/",
              [](web::Request&) -> web::Response { throw web::HttpError(400, "no", "No."); })
        .access(web::Access::public_);
  };
  project.configure = [&](web::Application& application) { login(application); };
  const base::ScopedLogLevel level(base::LogLevel::error);
  EXPECT_EQ(check(kMemory, "--deploy"), 1);
  EXPECT_THAT(err, HasSubstr("(deploy.E010) POST /accounts/login/: 40 wrong passwords"));
  EXPECT_EQ(base::log_level(), base::LogLevel::error);
  project.configure = [&](web::Application& application) {
    application.use(web::rate_limits(std::make_shared<web::MemoryCounterStore>()));
    login(application).rate_limit({.name = "login", .allowed = 30});
  };
  check(kMemory, "--deploy");
  EXPECT_THAT(err, testing::Not(HasSubstr("deploy.E010")));
}

TEST_F(CheckCommand, DatabaseThatDoesNotOpen_IsAnError) {
  std::ofstream(folder.path() + "/file") << "x";
  EXPECT_EQ(check("[dynamo_backend]\nendpoint_url = \"local:" + folder.path() +
                  "/file\"\n[web]\ndebug = true\n"),
            1);
  EXPECT_THAT(err, testing::AllOf(HasSubstr("ERROR: (database.E001) "),
                                  HasSubstr(folder.path() + "/file")));
  EXPECT_EQ(check("[dynamo_backend]\nendpoint_url = \"https://example.com\"\n[web]\ndebug = "
                  "true\nsecret_key = \"" +
                  std::string(50, 'x') + "\"\n"),
            1);
  EXPECT_THAT(err, HasSubstr("ERROR: (database.E001) https://example.com: "));
}

TEST_F(CheckCommand, RoutesThatContradict_AreOneLineAnd1) {
  project.configure = [](web::Application& application) {
    for (int i = 0; i < 2; ++i)
      application.router().get("/same/", [](web::Request&) { return web::Response::empty(); });
  };
  EXPECT_EQ(check(std::string(kMemory) + "[web]\ndebug = true\n"), 1);
  EXPECT_THAT(err, testing::AllOf(testing::StartsWith("check: "), HasSubstr("/same/"),
                                  testing::EndsWith("\n")));
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1);
}

// ---- Routes and deployments

TEST(CheckRoutes, Z1_RoutesWithoutADeclaration_AreErrors) {
  web::Router router;
  const auto view = [](web::Request&) { return web::Response::empty(); };
  router.get("/open/", view).access(web::Access::public_);
  router.post("/forgotten/", view);
  const auto messages = check_routes(router);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].id, "web.E002");
  EXPECT_THAT(messages[0].text, HasSubstr("POST /forgotten/"));
}

base::Settings deployed() {
  base::Settings settings;
  settings.web.secret_key = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefgh";
  settings.web.allowed_hosts = {"blog.example"};
  settings.web.secure_ssl = true;
  settings.web.trusted_proxies = {"10.0.0.1"};
  settings.dynamo_backend.create_tables_on_startup = false;
  return settings;
}

TEST(CheckDeployment, G4_ASiteThatIsReady_HasNoProblems) {
  EXPECT_THAT(check_deployment(deployed()), testing::IsEmpty());
}

TEST(CheckDeployment, G4_EachFault_IsAnError) {
  using Change = void (*)(base::Settings&);
  const std::vector<std::pair<std::string, Change>> faults = {
      {"deploy.E001", [](base::Settings& s) { s.web.debug = true; }},
      {"deploy.E002", [](base::Settings& s) { s.web.secret_key.resize(49); }},
      {"deploy.E002", [](base::Settings& s) { s.web.secret_key = std::string(60, 'a'); }},
      {"deploy.E002", [](base::Settings& s) { s.web.secret_key.clear(); }},
      {"deploy.E002",
       [](base::Settings& s) {
         s.web.secret_key_fallbacks = {"", "s3cr3t-old"};
       }},
      {"deploy.E002",
       [](base::Settings& s) { s.web.secret_key_fallbacks = {std::string(60, 'a')}; }},
      {"deploy.E003", [](base::Settings& s) { s.web.allowed_hosts.clear(); }},
      {"deploy.E003", [](base::Settings& s) { s.web.allowed_hosts.emplace_back("*"); }},
      {"deploy.E004", [](base::Settings& s) { s.web.secure_ssl = false; }},
      {"deploy.E005", [](base::Settings& s) { s.web.trusted_proxies.clear(); }},
      {"deploy.E006", [](base::Settings& s) { s.cognito.mock_mode = true; }},
      {"deploy.E007", [](base::Settings& s) { s.dynamo_backend.aws_access_key_id = "test"; }},
      {"deploy.E008", [](base::Settings& s) { s.dynamo_backend.create_tables_on_startup = true; }},
  };
  for (const auto& [id, change] : faults) {
    base::Settings settings = deployed();
    change(settings);
    EXPECT_THAT(ids_of(check_deployment(settings)), testing::ElementsAre(id));
  }
}

TEST(CheckDeployment, G4_FormerSecret_IsNamedWithoutItsValue) {
  base::Settings settings = deployed();
  settings.web.secret_key_fallbacks = {settings.web.secret_key, "", "s3cr3t-old"};
  const auto messages = check_deployment(settings);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].text, "web.secret_key_fallbacks[2] is shorter than 50 characters");
}

TEST(CheckDeployment, G4_OnThisMachine_TheSecretMayBeMade) {
  base::Settings settings = deployed();
  settings.web.secret_key.clear();
  settings.dynamo_backend.endpoint_url = "local:data";
  EXPECT_THAT(check_deployment(settings), testing::IsEmpty());
}

}  // namespace
}  // namespace management
