// The chain of places, and how credentials are kept and refreshed.
#include "net/aws/credentials.h"

#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "net/aws/detail/test_cloud.h"

namespace net::aws {

using namespace detail;

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

using Clock = CredentialsProvider::Clock;
auto soon() { return Clock::now() + seconds(20); }

class CredentialsTest : public testing::Test {
 protected:
  // The container endpoint serves "key <n>" at the n-th time, to expire at `expiration`.
  void serve_from_container() {
    cloud.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/creds";
    cloud.answer = [this](const Seen&) {
      const int n = ++served;
      before_answer(n);
      if (fail) return HttpResponse{.status = 400};
      return HttpResponse{.body = Cloud::json("key " + std::to_string(n), "2026-01-01T01:00:00Z")};
    };
    cloud.now = [this] { return base::Timestamp(time.load()); };
  }

  const base::Timestamp start = *base::parse_iso("2026-01-01T00:00:00Z");
  std::atomic<base::Timestamp::duration> time = start.time_since_epoch();
  std::atomic<int> served = 0;
  std::atomic<bool> fail = false;
  std::function<void(int)> before_answer = [](int) {};
  Cloud cloud;
};

TEST_F(CredentialsTest, Explicit_CountBeforeEverything) {
  cloud.variables["AWS_ACCESS_KEY_ID"] = "env";
  cloud.variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  auto options = cloud.options();
  options.explicit_credentials = Credentials{"explicit", "x"};
  EXPECT_EQ(cloud.get(options)->access_key_id, "explicit");
}

TEST_F(CredentialsTest, Environment_IsRead) {
  cloud.variables["AWS_ACCESS_KEY_ID"] = "env";
  cloud.variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  EXPECT_EQ(*cloud.get(), (Credentials{"env", "secret"}));
  cloud.variables["AWS_SESSION_TOKEN"] = "token";
  EXPECT_EQ(*cloud.get(), (Credentials{"env", "secret", "token"}));
}

TEST_F(CredentialsTest, Environment_HalfSet_FailsWithoutAskingOthers) {
  cloud.variables["AWS_ACCESS_KEY_ID"] = "env";
  serve_from_container();
  EXPECT_THAT(cloud.error(), HasSubstr("environment: AWS_SECRET_ACCESS_KEY is not set"));
  EXPECT_TRUE(cloud.seen().empty());
}

TEST_F(CredentialsTest, ProfileOfTheOptions_LeavesTheEnvironmentOut) {
  cloud.variables["AWS_ACCESS_KEY_ID"] = "env";
  cloud.variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  auto options = cloud.options();
  options.profile = "other";
  const auto result = cloud.get(options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "no AWS credentials (profile: profile 'other' is in neither of the shared files)");
}

TEST_F(CredentialsTest, NothingSetUp_NamesEveryPlace) {
  EXPECT_EQ(cloud.error(),
            "no AWS credentials (environment: AWS_ACCESS_KEY_ID is not set; web identity: "
            "AWS_WEB_IDENTITY_TOKEN_FILE is not set; profile: profile 'default' is in neither of "
            "the shared files; container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set; "
            "instance: AWS_EC2_METADATA_DISABLED is true)");
}

TEST_F(CredentialsTest, Errors_HoldNoSecrets) {
  serve_from_container();
  cloud.answer = [](const Seen&) {
    return HttpResponse{.body =
                            R"({"AccessKeyId":"AKID","Token":"hidden", "SecretAccessKey": hidden)"};
  };
  EXPECT_THAT(cloud.error(), HasSubstr("container: the answer is not JSON"));
  EXPECT_THAT(cloud.error(), Not(HasSubstr("hidden")));
}

TEST_F(CredentialsTest, ExpiredWhenTheyCome_IsAnError) {
  serve_from_container();
  time = (start + minutes(60)).time_since_epoch();
  EXPECT_THAT(cloud.error(), HasSubstr("container: the credentials have expired"));
}

TEST_F(CredentialsTest, Get_AgainBeforeTheirEnd_FetchesNothing) {
  serve_from_container();
  CredentialsProvider provider(cloud.http, cloud.options());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(provider.get(soon())->access_key_id, "key 1");
    time = (start + minutes(54)).time_since_epoch();
  }
  EXPECT_EQ(served, 1);
}

TEST_F(CredentialsTest, Get_NearTheirEnd_Refreshes) {
  serve_from_container();
  CredentialsProvider provider(cloud.http, cloud.options());
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 1");
  time = (start + minutes(55)).time_since_epoch();
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 2");
}

TEST_F(CredentialsTest, Get_ThoseThatLiveShortly_AreRefreshedAtHalfTheirTime) {
  serve_from_container();
  time = (start + minutes(56)).time_since_epoch();
  CredentialsProvider provider(cloud.http, cloud.options());
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 1");
  time = (start + minutes(58) - seconds(1)).time_since_epoch();
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 1");
  time = (start + minutes(58)).time_since_epoch();
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 2");
}

TEST_F(CredentialsTest, Get_FromManyThreadsAtFirst_FetchesOnce) {
  serve_from_container();
  CredentialsProvider provider(cloud.http, cloud.options());
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { right += provider.get(soon())->access_key_id == "key 1"; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(served, 1);
}

TEST_F(CredentialsTest, Get_DuringARefresh_ReturnsTheValidOnes) {
  serve_from_container();
  std::promise<void> asked;
  std::promise<void> go_on;
  before_answer = [&](int n) {
    if (n != 2) return;
    asked.set_value();
    go_on.get_future().wait();
  };
  CredentialsProvider provider(cloud.http, cloud.options());
  ASSERT_TRUE(provider.get(soon()));
  time = (start + minutes(56)).time_since_epoch();
  auto refreshing = std::async(std::launch::async, [&] { return provider.get(soon()); });
  asked.get_future().wait();
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 1");
  go_on.set_value();
  EXPECT_EQ(refreshing.get()->access_key_id, "key 2");
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 2");
}

TEST_F(CredentialsTest, RefreshThatFails_KeepsTheValidOnesUntilTheirEnd) {
  base::set_log_level(base::LogLevel::off);  // it warns
  serve_from_container();
  CredentialsProvider provider(cloud.http, cloud.options());
  ASSERT_TRUE(provider.get(soon()));
  fail = true;
  time = (start + minutes(56)).time_since_epoch();
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 1");
  const int tries = served;
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 1");
  EXPECT_EQ(served, tries) << "tried again without a pause";
  time = (start + minutes(60)).time_since_epoch();
  EXPECT_FALSE(provider.get(soon()));
  base::set_log_level(base::LogLevel::info);
}

TEST_F(CredentialsTest, Invalidate_FetchesAgain) {
  serve_from_container();
  CredentialsProvider provider(cloud.http, cloud.options());
  const Credentials first = *provider.get(soon());
  provider.invalidate(first);
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 2");
  provider.invalidate(first);  // others' complaint about the old ones changes nothing
  EXPECT_EQ(provider.get(soon())->access_key_id, "key 2");
}

TEST_F(CredentialsTest, Deadline_OfOneCaller_IsNotTheOthers) {
  serve_from_container();
  std::promise<void> asked;
  std::promise<void> go_on;
  std::shared_future<void> door = go_on.get_future().share();
  before_answer = [&asked, door](int n) {  // it may still wait when the test is over
    if (n == 1) asked.set_value();
    door.wait();
  };
  CredentialsProvider provider(cloud.http, cloud.options());
  auto hasty = std::async(std::launch::async,
                          [&] { return provider.get(Clock::now() + milliseconds(200)); });
  asked.get_future().wait();
  auto patient = std::async(std::launch::async, [&] { return provider.get(soon()); });
  EXPECT_FALSE(hasty.get());
  go_on.set_value();
  EXPECT_TRUE(patient.get());
}

TEST_F(CredentialsTest, Deadline_WhileAnotherFetches_IsKept) {
  serve_from_container();
  std::promise<void> asked;
  std::promise<void> go_on;
  before_answer = [&](int) {
    asked.set_value();
    go_on.get_future().wait();
  };
  CredentialsProvider provider(cloud.http, cloud.options());
  auto patient = std::async(std::launch::async, [&] { return provider.get(soon()); });
  asked.get_future().wait();
  const auto hasty = provider.get(Clock::now() + milliseconds(10));
  ASSERT_FALSE(hasty);
  EXPECT_EQ(hasty.error().message, "no AWS credentials before the deadline");
  go_on.set_value();
  EXPECT_TRUE(patient.get());
}

TEST(SettingsCredentials, TheKeyOfTheEnvironment_IsLeftToItsSessionToken) {
  const Environment environment = [](const std::string& name) {
    return name == "AWS_ACCESS_KEY_ID" ? std::optional<std::string>("theirs") : std::nullopt;
  };
  EXPECT_FALSE(settings_credentials("", "", environment));
  EXPECT_FALSE(settings_credentials("theirs", "s", environment));
  const auto own = settings_credentials("own", "s", environment);
  ASSERT_TRUE(own);
  EXPECT_EQ(own->access_key_id, "own");
  EXPECT_EQ(own->secret_access_key, "s");
}

TEST(ProcessEnvironment, EmptyVariable_IsNotSet) {
  ::setenv("DDB_TEST_VARIABLE", "", 1);
  EXPECT_EQ(process_environment("DDB_TEST_VARIABLE"), std::nullopt);
  ::setenv("DDB_TEST_VARIABLE", "x", 1);
  EXPECT_EQ(process_environment("DDB_TEST_VARIABLE"), "x");
  ::unsetenv("DDB_TEST_VARIABLE");
}

}  // namespace
}  // namespace net::aws
