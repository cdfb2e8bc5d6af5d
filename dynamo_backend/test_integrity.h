// Models with unique sets, versions and expiry, for tests.
#pragma once
#include "dynamo_backend/test_blog.h"
#include "dynamo_backend/transaction.h"

namespace test_blog {

struct Team : DynamoModel<Team> {
  std::string name{};
  std::string motto{};
  static constexpr auto schema =
      define<Team>(CharField<&Team::name>{.max_length = 1000, .unique = true, .fold_case = true},
                   TextField<&Team::motto>{.blank = true});
};

struct Page : DynamoModel<Page> {
  Ref<Team> team_pk{};
  std::string slug{};
  std::optional<std::string> locale{};
  std::int64_t position = 0;
  bool pinned = false;
  std::uint64_t version = 0;
  static std::optional<std::string> shelf(const Page& p) {
    return p.pinned ? std::optional<std::string>("top") : std::nullopt;
  }
  static constexpr auto schema = define<Page>(
      ForeignKey<&Page::team_pk>{.on_delete = OnDelete::cascade, .related_name = "pages"},
      TextField<&Page::slug>{}, CharField<&Page::locale>{}, IntegerField<&Page::position>{},
      BooleanField<&Page::pinned>{}, VersionField<&Page::version>{},
      ComputedIndex<&Page::shelf>{.reads = reads<&Page::pinned>()},
      Unique<&Page::team_pk, &Page::slug>{.name = "team-slug", .fold_case = true},
      Unique<&Page::locale, &Page::position, &Page::pinned>{});
};

// A page's remark; its page may go.
struct Remark : DynamoModel<Remark> {
  std::optional<Ref<Page>> page_pk{};
  std::string author{};
  static constexpr auto schema = define<Remark>(
      ForeignKey<&Remark::page_pk>{.on_delete = OnDelete::set_null, .related_name = "remarks"},
      CharField<&Remark::author>{}, Unique<&Remark::page_pk, &Remark::author>{.name = "once"});
};

struct Account : DynamoModel<Account> {
  std::string owner{};
  std::int64_t balance = 0;
  std::vector<std::string> log{};
  std::uint64_t version = 0;
  Timestamp updated_at{};
  static constexpr auto schema =
      define<Account>(CharField<&Account::owner>{.unique = true}, IntegerField<&Account::balance>{},
                      ListField<&Account::log>{}, VersionField<&Account::version>{},
                      DateTimeField<&Account::updated_at>{.auto_now = true});
};

struct Session : DynamoTable<Session> {
  std::string token{};
  std::string user{};
  std::string data{};
  std::optional<Timestamp> expires_at{};
  static constexpr auto schema =
      define<Session>(PartitionKey<&Session::token>{}, CharField<&Session::user>{.unique = true},
                      TextField<&Session::data>{.blank = true}, TTLField<&Session::expires_at>{});
};

// Two strings are its key.
struct Shelf : DynamoTable<Shelf> {
  std::string room{}, place{};
  std::string code{};
  static constexpr auto schema =
      define<Shelf>(PartitionKey<&Shelf::room>{}, SortKey<&Shelf::place>{},
                    CharField<&Shelf::code>{.unique = true});
};

class Integrity : public Database {
 public:
  Integrity() {
    ensure_table<Team>();
    ensure_table<Page>();
    ensure_table<Remark>();
    ensure_table<Account>();
    ensure_table<Session>();
    ensure_table<Shelf>();
    calls().reset();
  }
  std::size_t claims() { return rows_in("dynamo_backend_unique"); }
};

}  // namespace test_blog
