// Many threads write related rows with unique values, versions and computed attributes through a
// database that collides, throttles, leaves batches undone and loses answers. Whatever each of them
// was told: in the end every invariant is true.
//
// DDB_SEED=<n> repeats the threads' choices (not their interleaving); DDB_NIGHTLY makes it longer.
#include <random>

#include <gtest/gtest.h>

#include "dynamo_backend/test_integrity.h"
#include "dynamo_backend/unique.h"

namespace test_blog {
namespace {

class FaultyClient : public RecordingClient {
 public:
  FaultyClient(dynamodb::Client& inner, unsigned seed) : RecordingClient(inner), random_(seed) {}
  using Client::batch_write_item;
  using Client::delete_item;
  using Client::put_item;
  using Client::transact_write_items;
  using Client::update_item;

  std::atomic<bool> calm{true};
  std::atomic<int> faults{0};

  void put_item(dynamodb::PutItemRequest r,
                dynamodb::Completion<dynamodb::PutItemResult> done) override {
    if (throttled(done) || meets_transaction(done)) return;
    RecordingClient::put_item(std::move(r), maybe_lost(std::move(done)));
  }
  void update_item(dynamodb::UpdateItemRequest r,
                   dynamodb::Completion<dynamodb::UpdateItemResult> done) override {
    if (throttled(done) || meets_transaction(done)) return;
    RecordingClient::update_item(std::move(r), maybe_lost(std::move(done)));
  }
  void delete_item(dynamodb::DeleteItemRequest r,
                   dynamodb::Completion<dynamodb::DeleteItemResult> done) override {
    if (throttled(done) || meets_transaction(done)) return;
    RecordingClient::delete_item(std::move(r), maybe_lost(std::move(done)));
  }
  void batch_write_item(dynamodb::BatchWriteItemRequest r,
                        dynamodb::Completion<dynamodb::BatchWriteItemResult> done) override {
    if (strikes(20)) leave_unprocessed = 1;
    RecordingClient::batch_write_item(std::move(r), std::move(done));
  }
  void transact_write_items(
      dynamodb::TransactWriteItemsRequest r,
      dynamodb::Completion<dynamodb::TransactWriteItemsResult> done) override {
    if (throttled(done)) return;
    if (strikes(10)) {
      std::vector<dynamodb::CancellationReason> reasons(r.actions.size());
      reasons.back().code = "TransactionConflict";
      return done(dynamodb::transaction_canceled(std::move(reasons)));
    }
    RecordingClient::transact_write_items(std::move(r), maybe_lost(std::move(done)));
  }

 private:
  bool strikes(unsigned percent) {
    if (calm) return false;
    const std::lock_guard lock(mutex_);
    if (random_() % 100 >= percent) return false;
    ++faults;
    return true;
  }
  template <class R>
  bool throttled(const dynamodb::Completion<R>& done) {
    if (!strikes(3)) return false;
    dynamodb::Error error;
    error.code = dynamodb::ErrorCode::provisioned_throughput_exceeded;
    done(error);
    return true;
  }
  bool meets_transaction(const dynamodb::Completion<dynamodb::WriteResult>& done) {
    if (!strikes(5)) return false;
    done(dynamodb::Error{dynamodb::ErrorCode::transaction_conflict, "a test"});
    return true;
  }
  template <class R>
  dynamodb::Completion<R> maybe_lost(dynamodb::Completion<R> done) {
    if (!strikes(3)) return done;
    return
        [done = std::move(done)](auto) { done(dynamodb::internal_error("the answer was lost")); };
  }
  std::mutex mutex_;
  std::mt19937 random_;
};

struct World {
  explicit World(unsigned seed)
      : engine(dynamodb::local::Engine::open({.housekeeping_interval = std::chrono::seconds(0)})),
        client(*engine, seed),
        connection(client, {.scan_policy = ScanPolicy::allow,
                            .sleep = [](auto) { std::this_thread::yield(); }}) {
    ensure_table<Team>();
    ensure_table<Page>();
    ensure_table<Remark>();
    ensure_table<Account>();
    for (int i = 0; i < 4; ++i) {
      teams.push_back(Team::objects.create({.name = "team " + std::to_string(i)}));
      accounts.push_back(Account::objects.create({.owner = std::to_string(i), .balance = 1000}));
    }
  }
  std::unique_ptr<dynamodb::Client> engine;
  FaultyClient client;
  ScopedConnection connection;
  std::vector<Team> teams{};  // stay
  std::vector<Account> accounts{};
  std::atomic<std::int64_t> counted{0};    // increments that were acknowledged
  std::atomic<std::int64_t> uncertain{0};  // whose answer was lost
};

// One thread's random deeds. Rows whose position is negative are its own to delete.
class Writer {
 public:
  Writer(World& world, unsigned seed) : world_(world), random_(seed) {}

  void run(int deeds) {
    for (int i = 0; i < deeds; ++i) {
      try {
        one();
      } catch (const ModelError& e) {
        last_ = e.what();  // taken, gone, in conflict, or the database failed: all may be
      }
    }
  }

 private:
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string slug() {
    static const char* const kCases[] = {"slug%u", "Slug%u", "SLUG%u"};
    char text[32];
    std::snprintf(text, sizeof text, kCases[pick(3)], pick(12));
    return text;
  }
  const Team& team() { return world_.teams[pick(4)]; }
  std::optional<Page> page() {
    auto rows = Page::objects.filter(f<&Page::team_pk> == team()).limit(20).to_vector();
    if (rows.empty()) return std::nullopt;
    return rows[pick(static_cast<unsigned>(rows.size()))];
  }

  void one() {
    switch (pick(13)) {
      case 0:
        return void(
            Page::objects.create({.team_pk = team(), .slug = slug(), .pinned = pick(2) == 0}));
      case 1:
        return save();
      case 2:
        return update();
      case 3:
        return remove();
      case 4:
        Page::objects.get_or_create(f<&Page::team_pk> == team() && f<&Page::slug> == slug());
        return;
      case 5:
        Page::objects.update_or_create(f<&Page::team_pk> == team() && f<&Page::slug> == slug(),
                                       [&](Page& p) { p.pinned = !p.pinned; });
        return;
      case 6:
        return swap_slugs();
      case 7:
        return transfer();
      case 8:
        return count();
      case 9:
        Page::objects.bulk_create({{.team_pk = team(), .slug = slug()},
                                   {.team_pk = team(), .slug = slug(), .pinned = true}});
        return;
      case 10:
        return a_teams_life();
      case 11:
        return rename();
      case 12:
        return remarks();
    }
  }

  void save() {
    auto row = page();
    if (!row) return;
    if (pick(2) == 0) row->slug = slug();
    if (pick(2) == 0) row->team_pk = team();
    if (pick(3) == 0) row->locale = "en";
    row->pinned = pick(2) == 0;
    row->position = pick(50);
    row->save();
  }
  void update() {
    const auto row = page();
    if (!row) return;
    const auto it = Page::objects.filter(f<&Page::pk> == row->pk);
    if (pick(2) == 0)
      it.update(f<& Page::slug> = slug(), f<& Page::pinned> = pick(2) == 0);
    else
      it.update(f<& Page::position> = f<&Page::position> + 1);
  }
  void remove() {
    auto row = page();
    if (!row) return;
    if (pick(2) == 0)
      row->remove();
    else
      Page::objects.filter(f<&Page::pk> == row->pk && f<&Page::slug> == row->slug).remove();
  }
  void swap_slugs() {
    const auto a = page(), b = page();
    if (!a || !b || a->pk == b->pk) return;
    transaction([&](Transaction& t) {
      auto x = t.get<Page>(a->pk), y = t.get<Page>(b->pk);
      std::swap(x.slug, y.slug);
      std::swap(x.team_pk, y.team_pk);
      t.save(x);
      t.save(y);
    });
  }
  void transfer() {
    const auto from_pk = world_.accounts[pick(4)].pk, to_pk = world_.accounts[pick(4)].pk;
    if (from_pk == to_pk) return;
    const std::int64_t amount = pick(10);
    if (pick(2) == 0) {
      transaction([&](Transaction& t) {
        t.check(from_pk, f<&Account::balance> >= amount);
        t.update(from_pk, f<& Account::balance> = f<&Account::balance> - amount);
        t.update(to_pk, f<& Account::balance> = f<&Account::balance> + amount);
      });
      return;
    }
    transaction([&](Transaction& t) {
      auto from = t.get<Account>(from_pk), to = t.get<Account>(to_pk);
      from.balance -= amount;
      to.balance += amount;
      t.save(from);
      t.save(to);
    });
  }
  void count() {
    const auto it = Account::objects.filter(f<&Account::pk> == world_.accounts[pick(4)].pk);
    try {
      it.update(f<& Account::balance> = f<&Account::balance> + 1);
      ++world_.counted;
    } catch (const DatabaseError&) {
      ++world_.uncertain;
    }
  }
  // A team of this thread's, with rows that others may change, and its end.
  void a_teams_life() {
    auto mine = Team::objects.create({.name = "mine " + std::to_string(random_())});
    std::vector<Page> pages;
    for (unsigned i = 0; i < 3; ++i)
      pages.push_back({.team_pk = mine, .slug = "own" + std::to_string(i), .position = -1});
    pages = Page::objects.bulk_create(pages);
    Remark::objects.create({.page_pk = pages[0], .author = std::to_string(random_())});
    if (pick(3) == 0) return;  // it stays
    if (pick(2) == 0)
      mine.remove();
    else
      transaction([&](Transaction& t) { t.remove(mine); });
  }
  // Rows without a version, whose set has two members that change apart.
  void remarks() {
    auto rows = Remark::objects.limit(20).to_vector();
    if (rows.empty()) return;
    Remark& row = rows[pick(static_cast<unsigned>(rows.size()))];
    const auto it = Remark::objects.filter(f<&Remark::pk> == row.pk);
    const std::string author = std::to_string(pick(5));
    if (pick(3) == 0) {
      it.update(f<& Remark::page_pk> = std::nullopt);
    } else if (pick(2) == 0) {
      it.update(f<& Remark::author> = author);
    } else {
      row.author = author;
      row.save();
    }
  }
  void rename() {
    auto row = Account::objects.get(world_.accounts[pick(4)].pk);
    row.owner = (pick(2) == 0 ? "owner " : "") + std::to_string(pick(8));
    row.save();
  }

  World& world_;
  std::mt19937 random_;
  std::string last_{};
};

std::vector<dynamodb::PackedItem> all_items(World& world, const std::string& table) {
  std::vector<dynamodb::PackedItem> out;
  dynamodb::ScanRequest request{.table = table};
  for (;;) {
    const auto page = world.engine->scan(request).value();
    for (std::size_t i = 0; i < page.items.size(); ++i)
      out.emplace_back(std::string(page.items.packed(i)));
    if (!page.last_evaluated_key) return out;
    request.exclusive_start_key = *page.last_evaluated_key;
  }
}

using Claims = std::map<std::string, std::string>;

// Each value has one claim, and each claim a row that has its value.
void check_claims(World& world) {
  Claims expected, found;
  for (const ModelInfo* model :
       {&model_info<Team>(), &model_info<Page>(), &model_info<Remark>(), &model_info<Account>()}) {
    for (const auto& row : all_items(world, model->table)) {
      for (const Claim& c : claims_of(*model, row.view())) {
        const auto [at, added] =
            expected.emplace(c.key, claim_owner(*model, key_of(*model, row.view())));
        EXPECT_TRUE(added) << "two rows have " << c.key;
      }
    }
  }
  for (const auto& claim : all_items(world, std::string(kClaimsTable)))
    found.emplace(claim.view().find("pk")->text(), claim.view().find("owner")->text());
  EXPECT_EQ(found, expected);
}

void check_rows(World& world) {
  std::set<std::string> teams, pages;
  std::size_t pinned = 0;
  for (const auto& row : all_items(world, "test_blog_team"))
    teams.emplace(row.view().find("pk")->text());
  for (const auto& row : all_items(world, "test_blog_page")) {
    pages.emplace(row.view().find("pk")->text());
    EXPECT_EQ(teams.count(std::string(row.view().find("team_pk")->text())), 1u) << "an orphan";
    const bool is_pinned = row.view().find("pinned")->boolean();
    pinned += is_pinned ? 1 : 0;
    EXPECT_EQ(row.view().find("shelf").has_value(), is_pinned);
    EXPECT_GE(dynamodb::unpack(*row.view().find("version")).as<dynamodb::Number>(),
              dynamodb::Number(1));
  }
  EXPECT_EQ(Page::objects.filter(f<&Page::shelf> == "top").count(), pinned);
  for (const auto& row : all_items(world, "test_blog_remark")) {
    const auto page = row.view().find("page_pk");
    if (page) {
      EXPECT_EQ(pages.count(std::string(page->text())), 1u) << "an orphan";
    }
  }
}

void check_counters(const World& world) {
  const std::int64_t sum = Account::objects.all().sum<&Account::balance>();
  EXPECT_GE(sum, 4000 + world.counted);
  EXPECT_LE(sum, 4000 + world.counted + world.uncertain);
}

TEST(ManyWriters, LeaveEveryInvariantTrue) {
  const bool nightly = std::getenv("DDB_NIGHTLY") != nullptr;
  const char* given = std::getenv("DDB_SEED");
  const auto seed =
      given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::printf("DDB_SEED=%u\n", seed);
  SCOPED_TRACE("DDB_SEED=" + std::to_string(seed));
  for (unsigned round = 0; round < (nightly ? 20u : 6u); ++round) {
    World world(seed + round);
    world.client.calm = false;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 8; ++i)
      threads.emplace_back(
          [&, i] { Writer(world, seed + round * 100 + i).run(nightly ? 1000 : 150); });
    for (auto& t : threads) t.join();
    world.client.calm = true;
    EXPECT_GT(world.client.faults, 100);
    check_claims(world);
    check_rows(world);
    check_counters(world);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace test_blog
