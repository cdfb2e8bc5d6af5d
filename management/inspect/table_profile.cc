#include "management/inspect/table_profile.h"

#include <algorithm>

#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/text.h"
#include "dynamo_backend/unique.h"
#include "management/command.h"

namespace management {
namespace {

using dynamo_backend::ascii_lower;
using dynamo_backend::Connection;

constexpr std::string_view kLink = "_pk";

bool is_the_librarys(const std::string& table) {
  return table == dynamo_backend::kClaimsTable || table.starts_with("ddbdjango_") ||
         table == dynamo_backend::model_info<dynamo_backend::CascadeJob>().table;
}

std::vector<std::string> all_tables(const Connection& connection) {
  const std::string& prefix = connection.options().table_prefix;
  std::vector<std::string> tables;
  dynamodb::ListTablesRequest request;
  for (;;) {
    auto page = dynamo_backend::take(connection.client().list_tables(request), "ListTables");
    for (auto& name : page.table_names) {
      if (name.starts_with(prefix)) tables.push_back(name.substr(prefix.size()));
    }
    if (!page.last_evaluated_table_name) return tables;
    request.exclusive_start_table_name = *page.last_evaluated_table_name;
  }
}

void read_sample(const Connection& connection, const std::string& table, std::size_t sample,
                 TableProfile& profile) {
  dynamodb::ScanRequest request{.table = table};
  while (profile.rows < sample) {
    request.limit = static_cast<std::uint32_t>(std::min<std::size_t>(sample - profile.rows, 1000));
    const auto page = dynamo_backend::take(connection.client().scan(request), "Scan");
    for (std::size_t i = 0; i < page.items.size(); ++i) {
      for (const auto& [name, value] : page.items[i])
        profile.attributes[std::string(name)].add(value);
    }
    profile.rows += page.items.size();
    if (!page.last_evaluated_key) return;
    request.exclusive_start_key = *page.last_evaluated_key;
  }
}

TableProfile profile_of(const Connection& connection, const std::string& name, std::size_t sample) {
  TableProfile profile{.name = name};
  const std::string table = connection.table(name);
  auto description = connection.client().describe_table(table);
  if (description.has_error()) {
    if (description.error().code == dynamodb::ErrorCode::resource_not_found)
      throw CommandError("there is no table " + table);
    throw dynamo_backend::DatabaseError(description.error(), "DescribeTable " + table);
  }
  profile.description = std::move(*description);
  // Not every database that speaks the protocol knows time to live.
  const auto ttl = connection.client().describe_time_to_live(table);
  if (ttl && (ttl->status == dynamodb::TimeToLiveStatus::enabled ||
              ttl->status == dynamodb::TimeToLiveStatus::enabling))
    profile.ttl_attribute = ttl->attribute;
  read_sample(connection, table, sample, profile);
  return profile;
}

// Finds the tables that foreign keys point to: by name ("author_pk": "author", "blog_author"), or
// by looking for a few of the values where the name tells none, several, or the table itself.
class LinkFinder {
 public:
  // `others`: tables that were not looked at.
  LinkFinder(const Connection& connection, const std::vector<TableProfile>& profiles,
             const std::vector<std::string>& others)
      : connection_(connection), others_(others) {
    for (const auto& profile : profiles) {
      if (profile.has_model_key()) targets_.push_back(profile.name);
    }
  }

  void find(TableProfile& profile) const {
    for (const auto& [name, values] : profile.attributes) {
      if (!name.ends_with(kLink) || values.member(true) != Member::uuid) continue;
      const std::string link = name.substr(0, name.size() - kLink.size());
      const std::string target = target_of(profile.name, link, values.some_uuids());
      if (!target.empty()) profile.targets.emplace(name, target);
    }
  }

 private:
  std::string target_of(const std::string& table, const std::string& link,
                        const std::set<std::string>& values) const {
    const std::vector<std::string> named = by_name(targets_, link);
    if (named.size() == 1 && named.front() != table) return named.front();
    std::string target = by_values(named, values);
    if (target.empty()) target = by_values(targets_, values);
    if (target.empty()) target = nearest(named, table);
    return target.empty() ? nearest(by_name(others_, link), table) : target;
  }

  static std::vector<std::string> by_name(const std::vector<std::string>& targets,
                                          const std::string& link) {
    std::vector<std::string> named;
    const std::string whole = ascii_lower(link), end = "_" + whole;
    for (const auto& target : targets) {
      const std::string name = ascii_lower(target);
      if (name == whole || name.ends_with(end)) named.push_back(target);
    }
    return named;
  }

  // The one whose name begins as the table's own does: not the table, whose values would have told.
  static std::string nearest(const std::vector<std::string>& targets, const std::string& table) {
    std::string best;
    std::size_t common = 0;
    for (const auto& target : targets) {
      if (target == table) continue;
      const auto differ = std::mismatch(target.begin(), target.end(), table.begin(), table.end());
      const auto same = static_cast<std::size_t>(differ.first - target.begin()) + 1;
      if (same > common) {
        best = target;
        common = same;
      }
    }
    return best;
  }

  // The only one of the tables that has all of the values.
  std::string by_values(const std::vector<std::string>& targets,
                        const std::set<std::string>& values) const {
    std::string found;
    for (const auto& target : targets) {
      const std::string table = connection_.table(target);
      dynamodb::KeysAndAttributes keys{.projection = {dynamodb::Path("pk")}};
      for (const auto& value : values) keys.keys.push_back({{"pk", value}});
      const auto got = dynamodb::get_all(connection_.client(), {{table, std::move(keys)}},
                                         connection_.batch_options());
      if (!got.not_read.empty())
        throw dynamo_backend::DatabaseError(got.not_read.front().why, "BatchGetItem on " + table);
      std::size_t rows = 0;
      const auto pages = got.items.find(table);
      if (pages != got.items.end()) {
        for (const auto& page : pages->second) rows += page.size();
      }
      if (rows != values.size()) continue;
      if (!found.empty()) return "";
      found = target;
    }
    return found;
  }

  const Connection& connection_;
  const std::vector<std::string>& others_;
  std::vector<std::string> targets_{};
};

}  // namespace

bool TableProfile::has_model_key() const {
  const auto& key = description.definition.key;
  if (key.partition.name != "pk" || key.partition.type != dynamodb::Type::S || key.sort)
    return false;
  const auto values = attributes.find("pk");
  return values == attributes.end() || values->second.member(true) == Member::uuid;
}

std::vector<TableProfile> inspect_tables(const Connection& connection,
                                         const InspectOptions& options) {
  std::vector<std::string> others = all_tables(connection), names = options.tables;
  if (names.empty()) {
    names = std::exchange(others, {});
    std::erase_if(names, is_the_librarys);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<TableProfile> profiles;
  for (const auto& name : names) profiles.push_back(profile_of(connection, name, options.sample));
  const LinkFinder finder(connection, profiles, others);
  for (auto& profile : profiles) finder.find(profile);
  return profiles;
}

}  // namespace management
