// Checks: configuration mistakes, collected, each with a stable id.
#pragma once
#include <string>
#include <vector>

#include "base/settings.h"
#include "dynamo_backend/registry.h"

namespace management {

struct CheckMessage {
  enum class Level : std::uint8_t { warning, error };
  Level level = Level::error;
  std::string id{};    // "models.E004"; ids are never reused
  std::string text{};  // what is wrong, where, and what to do
};

std::vector<CheckMessage> check_models(const dynamo_backend::Registry& registry);
std::vector<CheckMessage> check_settings(const base::Settings& settings);

}  // namespace management
