#include "management/inspect/model_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "dynamo_backend/search_version.h"
#include "dynamo_backend/text.h"
#include "management/cpp_names.h"

namespace management {
namespace {

using dynamo_backend::ascii_lower;
using dynamodb::IndexDefinition;
using dynamodb::KeyAttribute;
using dynamodb::ProjectionType;

constexpr std::size_t kMostMembers = 100;  // the library counts up to 128

// What a model has already.
const std::set<std::string> kMembersOfModels = {"objects",
                                                "save",
                                                "refresh",
                                                "refresh_from_db",
                                                "remove",
                                                "full_clean",
                                                "is_new",
                                                "related",
                                                "schema",
                                                "write_json",
                                                "update_from",
                                                "row_state",
                                                "state_",
                                                "str",
                                                "clean",
                                                "DoesNotExist",
                                                "MultipleObjectsReturned",
                                                "last_written",
                                                "ModelBase",
                                                "DynamoModel",
                                                "DynamoTable",
                                                "db",
                                                "signals",
                                                "prefetch",
                                                "cache",
                                                "timestamps",
                                                "only"};

// A name that is not in `taken`, and is then.
std::string unique_name(const std::string& name, std::set<std::string>& taken,
                        bool in_any_case = false) {
  std::string text = name;
  for (int n = 2; !taken.insert(in_any_case ? ascii_lower(text) : text).second; ++n)
    text = name + "_" + std::to_string(n);
  return text;
}

// Names all in capitals are written small: they are what macros look like.
std::string member_name(const std::string& attribute, std::set<std::string>& taken) {
  std::string text = attribute;
  const bool has_small =
      std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!has_small) {
    for (char& c : text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return unique_name(cpp_identifier(text, "field"), taken);
}

// `labels`: in lower case, for commands find models by labels in any case.
std::string model_name(const std::string& table, const std::string& name_space,
                       std::set<std::string>& labels) {
  const std::string own = name_space + "_";
  std::string name = camel_case(
      table.starts_with(own) && table.size() > own.size() ? table.substr(own.size()) : table);
  const bool starts = !name.empty() && (name[0] < '0' || name[0] > '9');
  if (!starts || is_cpp_keyword(name) || is_c_name(name)) name = "Table" + name;
  return unique_name(name, labels, true);
}

// Text for a comment: one line of ASCII.
std::string shown(const std::string& text) { return cpp_literal(text); }

struct TypeText {
  const char* type;
  const char* field;
};
TypeText text_of(Member member) {
  switch (member) {
    case Member::text:
      return {"std::string", "db::CharField"};
    case Member::timestamp:
      return {"db::Timestamp", "db::DateTimeField"};
    case Member::uuid:
      return {"db::Uuid", "db::UUIDField"};
    case Member::integer:
      return {"std::int64_t", "db::IntegerField"};
    case Member::unsigned_integer:
      return {"std::uint64_t", "db::IntegerField"};
    case Member::decimal:
      return {"db::Decimal", "db::DecimalField"};
    case Member::boolean:
      return {"bool", "db::BooleanField"};
    case Member::binary:
      return {"db::Binary", "db::BinaryField"};
    case Member::list_of_text:
      return {"std::vector<std::string>", "db::ListField"};
    case Member::list_of_integers:
      return {"std::vector<std::int64_t>", "db::ListField"};
    case Member::list_of_decimals:
      return {"std::vector<db::Decimal>", "db::ListField"};
    case Member::list_of_booleans:
      return {"std::vector<bool>", "db::ListField"};
    case Member::set_of_text:
      return {"std::set<std::string>", "db::SetField"};
    case Member::set_of_integers:
      return {"std::set<std::int64_t>", "db::SetField"};
    case Member::set_of_decimals:
      return {"std::set<db::Decimal>", "db::SetField"};
    case Member::set_of_binary:
      return {"std::set<db::Binary>", "db::SetField"};
    case Member::json:
    case Member::none:
      break;
  }
  return {"db::Json", "db::JSONField"};
}

// Of these an absent attribute is a value already.
bool absence_is_a_value(Member member) {
  return member == Member::json || member == Member::set_of_text ||
         member == Member::set_of_integers || member == Member::set_of_decimals ||
         member == Member::set_of_binary;
}

Member member_of_key(dynamodb::Type type) {
  return type == dynamodb::Type::N   ? Member::decimal
         : type == dynamodb::Type::B ? Member::binary
                                     : Member::text;
}

std::optional<dynamodb::Type> stored_type(Member member) {
  switch (member) {
    case Member::text:
    case Member::timestamp:
    case Member::uuid:
      return dynamodb::Type::S;
    case Member::integer:
    case Member::unsigned_integer:
    case Member::decimal:
      return dynamodb::Type::N;
    case Member::binary:
      return dynamodb::Type::B;
    default:
      return std::nullopt;  // no key
  }
}

class ModelPlanner {
 public:
  ModelPlanner(const TableProfile& table, const std::vector<TableProfile>& tables,
               const std::map<std::string, std::string>& models, const std::string& name,
               const std::set<std::string>& model_names)
      : table_(table), tables_(tables), models_(models), taken_(model_names) {
    plan_.name = name;
    plan_.table_literal = cpp_literal(table.name);
    plan_.has_model_key = table.has_model_key();
    taken_.insert(kMembersOfModels.begin(), kMembersOfModels.end());
    if (plan_.has_model_key) taken_.insert("pk");
  }

  ModelPlan plan() {
    collect_keys();
    add_notes();
    add_members();
    add_indexes();
    return std::move(plan_);
  }

 private:
  const dynamodb::TableDefinition& definition() const { return table_.description.definition; }

  void collect_keys() {
    definition().key.for_each(
        [&](const KeyAttribute& key, bool) { keys_.emplace(key.name, key.type); });
    table_keys_ = keys_;
    const auto add = [&](const IndexDefinition& index) {
      index.key.for_each([&](const KeyAttribute& key, bool) { keys_.emplace(key.name, key.type); });
    };
    for (const auto& index : definition().global_indexes) add(index);
    for (const auto& index : definition().local_indexes) add(index);
  }

  void add_notes() {
    const auto rows = std::to_string(table_.rows);
    plan_.notes.push_back("The table " + shown(table_.description.definition.name) + ": " + rows +
                          (table_.rows == 1 ? " row was" : " rows were") + " looked at, of about " +
                          std::to_string(table_.description.item_count) + ".");
    if (definition().settings.stream) plan_.notes.push_back("It has a stream.");
    if (plan_.has_model_key && table_.rows == 0)
      plan_.notes.push_back("It was empty: that its keys are UUIDs is a guess.");
  }

  // The attributes in the order in which they become members: keys, the time to live, whether a row
  // has it or not, then the most frequent.
  std::vector<std::string> ordered_attributes() const {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    definition().key.for_each([&](const KeyAttribute& key, bool) { add(key.name); });
    for (const auto& [name, type] : keys_) add(name);
    if (!table_.ttl_attribute.empty()) add(table_.ttl_attribute);
    std::vector<std::pair<std::uint64_t, std::string>> others;
    for (const auto& [name, profile] : table_.attributes)
      others.emplace_back(profile.count(), name);
    std::stable_sort(others.begin(), others.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [count, name] : others) add(name);
    return names;
  }

  void add_members() {
    const auto names = ordered_attributes();
    for (const auto& name : names) {
      if (plan_.has_model_key && name == "pk") continue;
      const auto at = table_.attributes.find(name);
      const bool seen = at != table_.attributes.end();
      if (name.find('\0') != std::string::npos) {
        leave_out(name, "its name holds a zero byte");
      } else if (name == dynamo_backend::kSearchVersion && keys_.count(name) == 0) {
        leave_out(name, "search keeps it of models with .opensearch_sync");
      } else if (seen && table_keys_.count(name) == 0 && at->second.member(false) == Member::none) {
        leave_out(name, "no member holds it exactly (" + at->second.types() + ")");
      } else if (plan_.members.size() == kMostMembers) {
        leave_out(name, "the model has 100 members already");
      } else {
        add_member(name, seen ? &at->second : nullptr);
      }
    }
  }

  void leave_out(const std::string& name, const std::string& why) {
    plan_.left_out.push_back("Not a member: " + shown(name) + ", " + why +
                             ". Rows keep it when they are saved.");
  }

  void add_member(const std::string& attribute, const AttributeProfile* profile) {
    const bool key = keys_.count(attribute) > 0, table_key = table_keys_.count(attribute) > 0;
    Member member = key ? member_of_key(keys_.at(attribute)) : Member::json;
    if (profile && profile->count() > profile->nulls()) member = profile->member(key);
    // DynamoDB leaves rows out of an index whose key they have in another type.
    if (key && !table_key && stored_type(member) != keys_.at(attribute))
      mixed_keys_.insert(attribute);
    MemberPlan plan{.attribute = attribute, .name = member_name(attribute, taken_)};
    const bool sometimes =
        !table_key && (!profile || profile->count() < table_.rows || profile->nulls() > 0);
    plan.optional = sometimes && !absence_is_a_value(member);
    plan.type = text_of(member).type;
    plan.field = text_of(member).field;
    if (member == Member::boolean) plan.initialiser = " = false";
    if (member == Member::integer || member == Member::unsigned_integer) plan.initialiser = " = 0";
    if (attribute == table_.ttl_attribute) make_expiry(plan, profile);
    make_link(plan, member);
    if (profile && member == Member::json && !of_one_type(*profile))
      plan.notes.push_back("Of several types: " + profile->types() + ".");
    if (!profile) plan.notes.push_back("No row that was looked at has it.");
    if (profile && member == Member::timestamp && profile->has_foreign_times())
      plan.notes.push_back(
          "Written in another form than the library's, with which conditions compare.");
    if (plan.optional) {
      plan.type = "std::optional<" + plan.type + ">";
      plan.initialiser = "{}";
    }
    plan_.parts.push_back(part_of(plan, profile, table_key));
    plan_.members.push_back(std::move(plan));
  }

  static bool of_one_type(const AttributeProfile& profile) {
    const std::uint64_t values = profile.count() - profile.nulls();
    return profile.of(dynamodb::Type::M) == values || profile.of(dynamodb::Type::L) == values;
  }

  void make_expiry(MemberPlan& plan, const AttributeProfile* profile) {
    if (keys_.count(plan.attribute) > 0 || (profile && !profile->all_seconds())) {
      plan.notes.push_back("DynamoDB deletes rows at this time.");
      return;
    }
    plan.type = "db::Timestamp";
    plan.field = "db::TTLField";
    plan.initialiser = "{}";
    plan.optional = true;
  }

  // A UUID of another table's rows. The model of a foreign key has an index on it: where the table
  // has none it stays a UUID.
  void make_link(MemberPlan& plan, Member member) {
    const auto target = table_.targets.find(plan.attribute);
    if (target == table_.targets.end() || member != Member::uuid) return;
    const auto model = models_.find(target->second);
    if (model == models_.end()) {
      plan.notes.push_back("Names rows of the table " + shown(target->second) + ".");
      return;
    }
    if (table_keys_.count(plan.attribute) > 0 || !has_index_on(plan.attribute)) {
      plan.notes.push_back("Names rows of " + model->second +
                           "; a ForeignKey needs an index that begins with it.");
      return;
    }
    plan.type = "db::Ref<" + model->second + ">";
    plan.field = "db::ForeignKey";
  }

  // An index that holds each row that has the attribute. A sort key that becomes a Ref may be
  // absent to the library, which then asks for an index of the first alone.
  bool has_index_on(const std::string& attribute) const {
    const auto& indexes = definition().global_indexes;
    return std::any_of(indexes.begin(), indexes.end(), [&](const IndexDefinition& index) {
      if (index.key.partition.name != attribute || !index.key.more_partition.empty()) return false;
      bool whole = true;
      index.key.for_each([&](const KeyAttribute& key, bool of_sort_key) {
        const auto profile = table_.attributes.find(key.name);
        if (!of_sort_key || table_keys_.count(key.name) > 0) return;
        whole = whole && profile != table_.attributes.end() &&
                profile->second.count() == table_.rows && table_.targets.count(key.name) == 0 &&
                stored_type(profile->second.member(true)) == key.type;
      });
      return whole;
    });
  }

  std::string member_pointer(const std::string& attribute) const {
    for (const auto& member : plan_.members) {
      if (member.attribute == attribute) return "&" + plan_.name + "::" + member.name;
    }
    return plan_.has_model_key && attribute == "pk" ? "&db::DynamoModel<" + plan_.name + ">::pk"
                                                    : "";
  }

  std::string part_of(const MemberPlan& plan, const AttributeProfile* profile, bool table_key) {
    const std::string pointer = "&" + plan_.name + "::" + plan.name;
    std::vector<std::string> options;
    if (plan.attribute != plan.name)
      options.push_back(".attribute = " + cpp_literal(plan.attribute));
    std::string field = plan.field;
    if (table_key) {
      field =
          definition().key.partition.name == plan.attribute ? "db::PartitionKey" : "db::SortKey";
    } else {
      if (const auto* index = field_index(plan.attribute); index && field != "db::ForeignKey") {
        options.push_back(".index = true");
        written_.insert(index->name);
      }
      if (field == "db::CharField" && profile && profile->has_empty_text() &&
          keys_.count(plan.attribute) == 0)
        options.push_back(".blank = true");
      if (field == "db::ForeignKey") {
        options.push_back(".on_delete = db::OnDelete::restrict_");
        if (is_ambiguous_backwards(plan.attribute))
          options.push_back(".related_name = " +
                            cpp_literal(ascii_lower(plan_.name) + "_by_" + plan.name));
      }
    }
    std::string text = field + "<" + pointer + ">{";
    for (const auto& option : options) text += (&option == &options.front() ? "" : ", ") + option;
    return text + "}";
  }

  // Whether the model's name, by which a relation leads back, would be another's there, too.
  bool is_ambiguous_backwards(const std::string& attribute) const {
    const std::string& target = table_.targets.at(attribute);
    const auto same = std::count_if(table_.targets.begin(), table_.targets.end(),
                                    [&](const auto& link) { return link.second == target; });
    const std::string name = ascii_lower(plan_.name);
    return same > 1 || std::any_of(tables_.begin(), tables_.end(), [&](const TableProfile& t) {
             return t.name == target &&
                    (t.attributes.count(name) > 0 || t.attributes.count(name + "_pk") > 0);
           });
  }

  // The index that `.index = true` means.
  const IndexDefinition* field_index(const std::string& attribute) const {
    for (const auto& index : definition().global_indexes) {
      if (mixed_keys_.count(attribute) > 0) return nullptr;
      if (index.name == attribute + "-index" && index.key.partition.name == attribute &&
          index.key.size() == 1 && index.projection == ProjectionType::all)
        return &index;
    }
    return nullptr;
  }

  void add_indexes() {
    for (const auto& index : definition().global_indexes) {
      if (written_.count(index.name) == 0) add_index(index, false);
    }
    for (const auto& index : definition().local_indexes) add_index(index, true);
  }

  void add_index(const IndexDefinition& index, bool local) {
    std::string members, includes;
    bool known = true, mixed = false;
    std::size_t hash_keys = 0;
    const auto add = [](std::string& list, const std::string& pointer) {
      list += (list.empty() ? "" : ", ") + pointer;
    };
    const auto leave_index_out = [&](const std::string& why) {
      plan_.left_out.push_back("Not in the schema: the index " + shown(index.name) + ", " + why +
                               ".");
    };
    index.key.for_each([&](const KeyAttribute& key, bool of_sort_key) {
      hash_keys += of_sort_key ? 0 : 1;
      const std::string pointer = member_pointer(key.name);
      known = known && !pointer.empty();
      mixed = mixed || mixed_keys_.count(key.name) > 0;
      add(members, pointer);
    });
    if (mixed) return leave_index_out("whose key is of another type in some rows");
    if (!known || index.non_key_attributes.size() > 20)
      return leave_index_out("which has attributes that are no members");
    // A schema has one index over the same members in their order.
    if (!index_members_.insert(members).second)
      return leave_index_out("which has the key of another one");
    for (const auto& attribute : index.non_key_attributes) {
      const std::string pointer = member_pointer(attribute);
      if (!pointer.empty())
        add(includes, pointer);
      else
        plan_.left_out.push_back("Not among what the index " + shown(index.name) +
                                 " includes: " + shown(attribute) + ", which is no member.");
    }
    std::string part = "db::Index<" + members + ">{.name = " + cpp_literal(index.name);
    if (local) part += ", .local = true";
    // One that includes no member holds no more than its keys to the model.
    if (index.projection != ProjectionType::all && includes.empty()) part += ", .keys_only = true";
    if (!includes.empty()) part += ", .includes = db::includes<" + includes + ">()";
    if (hash_keys > 1) part += ", .hash_keys = " + std::to_string(hash_keys);
    plan_.parts.push_back(part + "}");
  }

  const TableProfile& table_;
  const std::vector<TableProfile>& tables_;
  const std::map<std::string, std::string>& models_;  // by table
  std::set<std::string> taken_;
  ModelPlan plan_{};
  std::map<std::string, dynamodb::Type> table_keys_{}, keys_{};  // of the table; of indexes too
  std::set<std::string> written_{};                              // indexes that fields have
  std::set<std::string> index_members_{};                        // of the indexes in the schema
  std::set<std::string> mixed_keys_{};  // index keys that no member holds in all rows
};

}  // namespace

std::vector<ModelPlan> plan_models(const std::vector<TableProfile>& tables,
                                   const std::string& name_space) {
  std::set<std::string> names{"models"}, labels;
  std::map<std::string, std::string> all, keyed;
  for (const auto& table : tables) {
    const std::string name = model_name(table.name, name_space, labels);
    names.insert(name);
    all.emplace(table.name, name);
    if (table.has_model_key()) keyed.emplace(table.name, name);
  }
  std::vector<ModelPlan> plans;
  for (const auto& table : tables)
    plans.push_back(ModelPlanner(table, tables, keyed, all.at(table.name), names).plan());
  return plans;
}

}  // namespace management
