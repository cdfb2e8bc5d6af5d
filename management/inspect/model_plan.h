// What the models of tables are made of, before it is text: names that C++ takes, types, parts of
// the schema. Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "management/inspect/table_profile.h"

namespace management {

struct MemberPlan {
  std::string attribute{}, name{}, type{};
  std::string initialiser = "{}";
  std::string field{};  // "db::CharField"
  bool optional = false;
  std::vector<std::string> notes{};
};

struct ModelPlan {
  std::string name{}, table_literal{};
  bool has_model_key = false;
  std::vector<MemberPlan> members{};
  std::vector<std::string> parts{};  // of the schema: "db::CharField<&Post::title>{}"
  std::vector<std::string> notes{}, left_out{};
};

std::vector<ModelPlan> plan_models(const std::vector<TableProfile>& tables,
                                   const std::string& name_space);

}  // namespace management
