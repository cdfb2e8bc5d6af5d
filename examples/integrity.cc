// The lines of docs/topics/integrity.md: unique values, versions, transactions, rows that expire
// and signals.
#include <iostream>

#include "dynamo_backend/models.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/transaction.h"
#include "dynamodb/local/engine.h"

// The page shows these lines; they are laid out for it.
// clang-format off
namespace office {

using namespace dynamo_backend;

struct Team : DynamoModel<Team> {
  std::string name{};
  static constexpr auto schema = define<Team>(CharField<&Team::name>{.unique = true});
};

struct Page : DynamoModel<Page> {
  Ref<Team> team_pk{};
  std::string slug{};
  std::string contact{};
  static constexpr auto schema = define<Page>(
      ForeignKey<&Page::team_pk>{.related_name = "pages"},
      SlugField<&Page::slug>{},
      EmailField<&Page::contact>{.unique = true, .fold_case = true},
      Unique<&Page::team_pk, &Page::slug>{.name = "team-slug", .fold_case = true});
};

struct Account : DynamoModel<Account> {
  std::string owner{};
  std::int64_t balance = 0;
  std::uint64_t version = 0;
  static constexpr auto schema = define<Account>(
      CharField<&Account::owner>{.unique = true}, IntegerField<&Account::balance>{}, VersionField<&Account::version>{});
};

struct Transfer : DynamoModel<Transfer> {
  Ref<Account> from_pk{};
  Ref<Account> to_pk{};
  std::int64_t amount = 0;
  static constexpr auto schema = define<Transfer>(
      ForeignKey<&Transfer::from_pk>{.related_name = "sent"}, ForeignKey<&Transfer::to_pk>{.related_name = "received"},
      IntegerField<&Transfer::amount>{});
};

struct Session : DynamoTable<Session> {
  std::string token{};
  std::optional<Timestamp> expires_at{};

  static constexpr auto schema = define<Session>(PartitionKey<&Session::token>{}, TTLField<&Session::expires_at>{});
};

bool is_taken(Page page) {
  try {
    page.save();
  } catch (const IntegrityError& e) {
    std::cout << e.what() << '\n';
    return true;
  }
  return false;
}

bool claim() {
  const auto docs = Team::objects.create({.name = "docs"}), tools = Team::objects.create({.name = "tools"});
  Page::objects.create({.team_pk = docs, .slug = "start", .contact = "a@example.com"});
  return is_taken({.team_pk = docs, .slug = "START", .contact = "b@example.com"}) &&
         is_taken({.team_pk = tools, .slug = "start", .contact = "A@example.com"}) &&
         !is_taken({.team_pk = tools, .slug = "start", .contact = "c@example.com"});
}

void withdraw(const Uuid& pk, std::int64_t amount) {
  retry_on_conflict([&] {
    Account account = Account::objects.get(pk);
    account.balance -= amount;
    account.save();
  });
}

void transfer(const Uuid& a, const Uuid& b) {
  transaction([&](Transaction& t) {
    auto from = t.get<Account>(a), to = t.get<Account>(b);
    from.balance -= 30;
    to.balance += 30;
    t.save(from);
    t.save(to);
    t.create(Transfer{.from_pk = from, .to_pk = to, .amount = 30});
  });
}

void pay(const Uuid& pk) {
  try {
    transaction([&](Transaction& t) {
      t.update(pk, f<&Account::balance> = f<&Account::balance> - 50);
      t.check(pk, f<&Account::balance> >= 50);
    });
  } catch (const TransactionError& e) {
    for (const FailedAction& failed : e.failures())
      std::cout << failed.action << " of " << failed.model << ' ' << failed.key << ": " << failed.reason << '\n';
  }
}

bool move_money() {
  const auto a = Account::objects.create({.owner = "alice", .balance = 100}).pk;
  const auto b = Account::objects.create({.owner = "bob"}).pk;
  withdraw(a, 20);
  transfer(a, b);
  pay(a);
  pay(a);  // there is no more
  return Account::objects.get(a).balance == 0 && Account::objects.get(b).balance == 30 &&
         Transfer::objects.all().count() == 1;
}

bool expire(Timestamp now) {
  Session::objects.create({.token = "old", .expires_at = now - std::chrono::hours(1)});
  Session::objects.create({.token = "new", .expires_at = now + std::chrono::hours(1)});
  Session::objects.create({.token = "kept"});
  return Session::objects.all().count() == 2;
}

int greeted = 0;
void greet(const Team& team) {
  std::cout << "Welcome, " << team.name << "!\n";
  ++greeted;
}

bool listen() {
  auto listening = signals<Team>().post_save.connect([](Team& team, const SaveEvent& event) {
    if (event.created) greet(team);
  });
  auto team = Team::objects.create({.name = "web"});
  team.name = "www";
  team.save();
  return greeted == 1;
}

int run() {
  const auto engine = dynamodb::local::Engine::open({});
  const ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::allow});
  ensure_table<Team>();
  ensure_table<Page>();
  ensure_table<Account>();
  ensure_table<Transfer>();
  ensure_table<Session>();
  return claim() && move_money() && expire(base::now()) && listen() ? 0 : 1;
}

}  // namespace office
// clang-format on

int main() { return office::run(); }
