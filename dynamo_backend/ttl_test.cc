// TTLField: what has expired is hidden, and holds nobody back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json_writer.h"
#include "dynamo_backend/tables.h"
#include "dynamo_backend/test_integrity.h"

namespace test_blog {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

// What points to a row that expires.
struct Ticket : DynamoModel<Ticket> {
  std::string name{};
  Timestamp until{};
  static constexpr auto schema =
      define<Ticket>(CharField<&Ticket::name>{.index = true}, TTLField<&Ticket::until>{});
};
struct Ride : DynamoModel<Ride> {
  Ref<Ticket> ticket_pk{};
  static constexpr auto schema =
      define<Ride>(ForeignKey<&Ride::ticket_pk>{.related_name = "rides"});
};

// What expires, and points to a row.
struct Voucher : DynamoModel<Voucher> {
  Ref<Ride> ride_pk{};
  Timestamp until{};
  static constexpr auto schema = define<Voucher>(
      ForeignKey<&Voucher::ride_pk>{.related_name = "vouchers"}, TTLField<&Voucher::until>{});
};

// One a ride, while it lasts.
struct Booking : DynamoModel<Booking> {
  std::optional<Ref<Ride>> ride_pk{};
  Timestamp until{};
  static constexpr auto schema = define<Booking>(
      OneToOneField<&Booking::ride_pk>{.on_delete = OnDelete::set_null, .related_name = "booking"},
      TTLField<&Booking::until>{});
};

// What expires, and holds a row back.
struct Hold : DynamoModel<Hold> {
  Ref<Ride> ride_pk{};
  Timestamp until{};
  static constexpr auto schema = define<Hold>(
      ForeignKey<&Hold::ride_pk>{.on_delete = OnDelete::restrict_, .related_name = "holds"},
      TTLField<&Hold::until>{});
};

class Expiring : public Integrity {
 public:
  Expiring() {
    ensure_table<Ticket>();
    ensure_table<Ride>();
    ensure_table<Voucher>();
    ensure_table<Booking>();
    ensure_table<Hold>();
    calls().reset();
  }
  Session session(const char* token, const char* user, Timestamp until) {
    return Session::objects.create({.token = token, .user = user, .expires_at = until});
  }
};

TEST(TTL, IsStoredAsSecondsAndSwitchedOn) {
  Expiring db;
  db.session("t", "u", db.now() + milliseconds(1900));
  const auto key = dynamodb::Item{{"token", "t"}};
  const auto item = db.client().get_item({.table = "test_blog_session", .key = key}).value();
  EXPECT_EQ(dynamodb::unpack(*item.item->view().find("expires_at")), Value(1795341601));
  EXPECT_EQ(*Session::objects.get("t").expires_at, db.now() + std::chrono::seconds(1));
  EXPECT_EQ(db.client().describe_time_to_live("test_blog_session").value().attribute, "expires_at");
  EXPECT_EQ(db.client().describe_time_to_live("dynamo_backend_unique").value().attribute,
            "expires");
  EXPECT_NO_THROW(ensure_table<Session>());
  EXPECT_EQ(Session::objects.create({.token = "for ever", .user = "v"}).expires_at, std::nullopt);
  db.tick(hours(1000));
  EXPECT_NO_THROW(Session::objects.get("for ever"));
}

TEST(TTL, BoundsBetweenSeconds) {
  Expiring db;
  const Timestamp end = db.now() + hours(1);
  db.session("t", "u", end);
  const auto count = [](const Q<Session>& q) { return Session::objects.filter(q).count(); };
  const auto at = f<&Session::expires_at>;
  const Timestamp later = end + milliseconds(500), sooner = end - milliseconds(500);
  EXPECT_EQ(count(at < later), 1u);
  EXPECT_EQ(count(at <= later), 1u);
  EXPECT_EQ(count(at >= later), 0u);
  EXPECT_EQ(count(at > later), 0u);
  EXPECT_EQ(count(at < sooner), 0u);
  EXPECT_EQ(count(at >= sooner), 1u);
  EXPECT_EQ(count(at.between(sooner, later)), 1u);
  EXPECT_EQ(count(at.between(later, later + hours(1))), 0u);
  const auto by_name = [](const Lookup& lookup) {
    return Session::objects.filter({lookup}).count();
  };
  const std::string iso = base::to_iso(later);
  EXPECT_EQ(by_name({"expires_at__lt", iso}), 1u);
  EXPECT_EQ(by_name({"expires_at__gte", iso}), 0u);
  EXPECT_EQ(by_name({"expires_at__range", {iso, base::to_iso(later + hours(1))}}), 0u);
  EXPECT_EQ(by_name({"expires_at", base::to_iso(end)}), 1u);
}

TEST(TTL, TheEndOfTime_CanBeRead) {
  Expiring db;
  db.session("t", "u", Timestamp::max());
  EXPECT_GT(*Session::objects.get("t").expires_at, db.now() + hours(1000));
}

TEST(TTL, JsonAndConditionsAreTimes) {
  Expiring db;
  auto s = db.session("t", "u", db.now() + hours(1));
  base::JsonWriter out;
  s.write_json(out);
  EXPECT_THAT(out.text(), HasSubstr(R"("expires_at":"2026-11-22T11:00:00.000000+00:00")"));
  const auto rows = Session::objects.all().values({"expires_at"});
  EXPECT_EQ(rows.at(0).at("expires_at"), "2026-11-22T11:00:00.000000+00:00");
  s.update_from(Json{{"expires_at", "2026-11-22T12:00:00Z"}});
  s.save();
  const auto count = [](const Q<Session>& q) { return Session::objects.filter(q).count(); };
  EXPECT_EQ(count(f<&Session::expires_at> == db.now() + hours(2)), 1u);
  EXPECT_EQ(count(f<&Session::expires_at> > db.now() + hours(2)), 0u);
  EXPECT_EQ(count(f<&Session::expires_at>.between(db.now(), db.now() + hours(3))), 1u);
  EXPECT_EQ(Session::objects.filter({{"expires_at__lt", db.now() + hours(3)}}).count(), 1u);
  EXPECT_EQ(Session::objects.filter({{"expires_at__gte", "2026-11-22T12:00:00Z"}}).count(), 1u);
  EXPECT_EQ(Session::objects.all().update(f<& Session::expires_at> = db.now() + hours(5)), 1u);
  EXPECT_EQ(Session::objects.get("t").expires_at, db.now() + hours(5));
  EXPECT_EQ(Session::objects.all().max<&Session::expires_at>(), db.now() + hours(5));
}

TEST(TTL, NoReadFindsWhatHasExpired) {
  Expiring db;
  auto gone = Ticket::objects.create({.name = "a", .until = db.now() + hours(1)});
  auto stays = Ticket::objects.create({.name = "a", .until = db.now() + hours(9)});
  Ride::objects.create({.ticket_pk = gone});
  Ride::objects.create({.ticket_pk = stays});
  db.tick(hours(1));
  const auto a = Ticket::objects.filter(f<&Ticket::name> == "a");
  EXPECT_EQ(a.count(), 1u);
  EXPECT_EQ(a.get().pk, stays.pk);
  EXPECT_EQ(a.limit(5).page().items.size(), 1u);
  EXPECT_EQ(a.to_vector().size(), 1u);
  EXPECT_EQ(Ticket::objects.all().count(), 1u);
  EXPECT_FALSE(Ticket::objects.filter(f<&Ticket::pk> == gone.pk).exists());
  EXPECT_THROW(Ticket::objects.get(gone.pk), Ticket::DoesNotExist);
  EXPECT_FALSE(Ticket::objects.try_get(gone.pk));
  EXPECT_EQ(Ticket::objects.in_bulk({gone.pk, stays.pk}).size(), 1u);
  EXPECT_THROW(gone.refresh(), Ticket::DoesNotExist);
  for (const Ride& ride : Ride::objects.all().select_related<&Ride::ticket_pk>())
    EXPECT_EQ(ride.ticket_pk.is_cached(), ride.ticket_pk.pk == stays.pk);
  EXPECT_EQ(Ride::objects.filter(f<&Ride::ticket_pk, &Ticket::name> == "a").count(), 1u);
  EXPECT_EQ(a.include_expired().count(), 2u);
  EXPECT_EQ(Ticket::objects.include_expired().filter(f<&Ticket::pk> == gone.pk).get().pk, gone.pk);
  // DynamoDB drops them: nothing is read in vain.
  ASSERT_FALSE(db.client().queries.empty());
  EXPECT_FALSE(db.client().queries.front().filter.empty());
}

TEST(TTL, OfPrefetchedRowsToo) {
  Expiring db;
  const auto ticket = Ticket::objects.create({.name = "t", .until = db.now() + hours(9)});
  const auto made = Ride::objects.create({.ticket_pk = ticket});
  for (int i = 1; i <= 3; ++i)
    Voucher::objects.create({.ride_pk = made, .until = db.now() + hours(i)});
  db.tick(hours(1) + milliseconds(1500));
  const auto ride = Ride::objects.prefetch<&Voucher::ride_pk>().get();
  const auto vouchers = ride.related<&Voucher::ride_pk>();
  EXPECT_EQ(vouchers.count(), 2u);
  EXPECT_EQ(vouchers.include_expired().count(), 3u);
  db.tick(hours(1));
  EXPECT_EQ(vouchers.count(), 1u);
}

TEST(TTL, AQuerysetInAConditionSaysWhetherExpiredRowsCount) {
  Expiring db;
  const auto ticket = Ticket::objects.create({.name = "t", .until = db.now() + hours(1)});
  Ride::objects.create({.ticket_pk = ticket});
  db.tick(hours(2));
  const auto tickets = Ticket::objects.filter(f<&Ticket::name> == "t");
  EXPECT_EQ(Ride::objects.filter(f<&Ride::ticket_pk>.in(tickets)).count(), 0u);
  EXPECT_EQ(Ride::objects.filter(f<&Ride::ticket_pk>.in(tickets.include_expired())).count(), 1u);
}

TEST(TTL, IsNoScanThatOneIsWarnedOf) {
  Database db({.scan_policy = ScanPolicy::forbid});
  ensure_table<Ticket>();
  EXPECT_NO_THROW(Ticket::objects.all().count());
}

TEST(TTL, NoWriteChangesWhatHasExpired) {
  Expiring db;
  auto t = Ticket::objects.create({.name = "a", .until = db.now() + hours(1)});
  const auto same = Ticket::objects.filter(f<&Ticket::pk> == t.pk);
  db.tick(hours(2));
  t.name = "b";
  EXPECT_THROW(t.save(), Ticket::DoesNotExist);
  t.until = db.now() + hours(1);
  EXPECT_THROW(t.save(), Ticket::DoesNotExist);
  EXPECT_THROW(t.remove(), Ticket::DoesNotExist);
  EXPECT_EQ(same.update(f<& Ticket::name> = "c"), 0u);
  EXPECT_EQ(same.remove(), 0u);
  EXPECT_THROW(transaction([&](Transaction& x) { x.save(t); }), Ticket::DoesNotExist);
  EXPECT_EQ(same.include_expired().remove(), 1u);
  EXPECT_EQ(db.rows_in("test_blog_ticket"), 0u);
}

TEST(TTL, AnotherMayHavePutTheEndOff) {
  Expiring db;
  auto t = Ticket::objects.create({.name = "a", .until = db.now() + hours(1)});
  auto other = Ticket::objects.get(t.pk);
  other.until = db.now() + hours(9);
  other.save();
  db.tick(hours(2));
  t.name = "b";
  EXPECT_NO_THROW(t.save());
  EXPECT_EQ(Ticket::objects.get(t.pk).until, other.until);
}

TEST(TTL, AnExpiredRowStandsInNobodysWay) {
  Expiring db;
  db.session("t", "alice", db.now() + hours(1));
  EXPECT_THROW(db.session("t", "bob", db.now() + hours(1)), IntegrityError);
  EXPECT_THROW(db.session("s", "alice", db.now() + hours(1)), IntegrityError);
  db.tick(hours(1));
  EXPECT_NO_THROW(db.session("s", "alice", db.now() + hours(1)));  // its unique value
  EXPECT_NO_THROW(db.session("t", "bob", db.now() + hours(1)));    // its key
  EXPECT_THROW(db.session("r", "alice", db.now() + hours(1)), IntegrityError);
  EXPECT_EQ(Session::objects.count(), 2u);
  transaction([&](Transaction& t) { t.create(Session{.token = "x", .user = "x"}); });
  EXPECT_NO_THROW(Session::objects.bulk_create({{.token = "y", .user = "y"}}));
}

// On every way to delete.
TEST(TTL, AnExpiredRowHoldsNobodyBack) {
  Expiring db;
  const auto ticket = Ticket::objects.create({.name = "t", .until = db.now() + hours(9)});
  const auto ride = [&] {
    auto made = Ride::objects.create({.ticket_pk = ticket});
    Hold::objects.create({.ride_pk = made, .until = db.now() + hours(1)});
    return made;
  };
  auto a = ride();
  ride(), ride();
  EXPECT_THROW(a.remove(), ProtectedError);
  EXPECT_THROW(Ride::objects.all().remove(), ProtectedError);
  EXPECT_THROW(transaction([&](Transaction& t) { t.remove(a); }), ProtectedError);
  db.tick(hours(1));
  auto b = ride();
  transaction([&](Transaction& t) { t.remove(a); });
  EXPECT_THROW(Ride::objects.all().remove(), ProtectedError);  // of b
  Hold::objects.filter(f<&Hold::ride_pk> == b).remove();
  b.remove();
  EXPECT_EQ(Ride::objects.all().remove(), 2u);
}

TEST(TTL, ClaimsExpireWithTheirRow) {
  Expiring db;
  auto s = db.session("t", "alice", db.now() + hours(1));
  s.expires_at = db.now() + hours(5);
  s.save();
  db.tick(hours(2));
  EXPECT_THROW(db.session("s", "alice", db.now() + hours(1)), IntegrityError);
  Session::objects.all().update(f<& Session::expires_at> = db.now() + hours(9));
  db.tick(hours(5));
  EXPECT_THROW(db.session("s", "alice", db.now() + hours(1)), IntegrityError);
  Session::objects.all().update(f<&Session::expires_at>.remove());
  db.tick(hours(50));
  EXPECT_THROW(db.session("s", "alice", db.now() + hours(1)), IntegrityError);
  EXPECT_EQ(db.claims(), 1u);
}

// The expired row has the value still, and another the claim.
TEST(TTL, AValueThatWasTakenOver_IsGivenUpOnce) {
  Expiring db;
  for (const bool in_transaction : {false, true}) {
    const auto ticket = Ticket::objects.create({.name = "a", .until = db.now() + hours(99)});
    auto ride = Ride::objects.create({.ticket_pk = ticket});
    for (int i = 0; i < 4; ++i) {
      Booking::objects.create({.ride_pk = ride, .until = db.now() + hours(1)});
      db.tick(hours(2));
    }
    const auto last = Booking::objects.create({.ride_pk = ride, .until = db.now() + hours(1)});
    EXPECT_EQ(db.claims(), 1u);
    if (in_transaction)
      transaction([&](Transaction& t) { t.remove(ride); });
    else
      ride.remove();
    EXPECT_EQ(Booking::objects.get(last.pk).ride_pk, std::nullopt);
    EXPECT_EQ(db.claims(), 0u);
  }
}

TEST(TTL, AMemberThatIsNoOptionalMustBeSet) {
  Expiring db;
  EXPECT_THROW(Ticket::objects.create({.name = "a"}), ValidationError);
}

TEST(TTL, ATableWithAnotherOneIsToldOf) {
  Expiring db;
  const auto set = [&](const char* attribute, bool on) {
    return db.client().update_time_to_live({"test_blog_ticket", {attribute, on}}).has_value();
  };
  ASSERT_TRUE(set("until", false));
  ASSERT_TRUE(set("gone_by", true));
  EXPECT_THROW(ensure_table<Ticket>(), ImproperlyConfigured);
}

}  // namespace
}  // namespace test_blog
