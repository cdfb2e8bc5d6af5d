#include "dynamo_backend/changes/positions.h"

#include <algorithm>

namespace dynamo_backend::changes {
namespace {

constexpr std::string_view kStream = "stream", kStart = "start", kAfter = "after ", kEnd = "end";
constexpr std::string_view kShard = "shardId-";  // DynamoDB: shard ids start with it

std::string text_of(const ShardPosition& position) {
  if (position.finished) return std::string(kEnd);
  if (position.after.empty()) return std::string(kStart);
  return std::string(kAfter) + position.after;
}

std::optional<ShardPosition> shard_position_from(std::string_view text) {
  if (text == kEnd) return ShardPosition{.finished = true};
  if (text == kStart) return ShardPosition{};
  if (!text.starts_with(kAfter) || text == kAfter) return std::nullopt;
  return ShardPosition{.after = std::string(text.substr(kAfter.size()))};
}

// Numbers in decimal of any length.
bool is_before(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

ShardPosition earlier(const ShardPosition& a, const ShardPosition& b) {
  if (a.finished || b.finished) return a.finished ? b : a;
  return is_before(a.after, b.after) ? a : b;
}

}  // namespace

std::vector<NamedText> to_texts(const Positions& positions) {
  std::vector<NamedText> texts;
  for (const auto& [id, position] : positions.shards) texts.emplace_back(id, text_of(position));
  texts.emplace_back(kStream, positions.stream + " " + base::to_iso(positions.since));
  return texts;
}

std::vector<NamedText> changed_texts(const Positions& before, const Positions& after) {
  const auto old = to_texts(before);
  std::vector<NamedText> texts;
  for (auto& text : to_texts(after))
    if (std::find(old.begin(), old.end(), text) == old.end()) texts.push_back(std::move(text));
  for (const auto& [id, position] : before.shards)
    if (!after.shards.contains(id)) texts.emplace_back(id, "");
  return texts;
}

std::optional<Positions> positions_from(const std::vector<NamedText>& texts) {
  Positions positions;
  bool there = false;
  for (const auto& [name, text] : texts) {
    if (name == kStream) {
      const auto space = text.rfind(' ');
      if (space == std::string::npos) return std::nullopt;
      const auto since = base::parse_iso(std::string_view(text).substr(space + 1));
      if (!since) return std::nullopt;
      positions.stream = text.substr(0, space);
      positions.since = *since;
      there = true;
    } else if (name.starts_with(kShard)) {
      const auto position = shard_position_from(text);
      if (!position) return std::nullopt;
      positions.shards[name] = *position;
    }
  }
  return there ? std::optional(std::move(positions)) : std::nullopt;
}

std::optional<Positions> earlier(const Positions& a, const Positions& b) {
  if (a.stream != b.stream) return std::nullopt;
  Positions both{.stream = a.stream, .since = std::min(a.since, b.since)};
  // A shard that only one knows is as new to the reader: it begins at its start, where its parent
  // is known.
  for (const auto& [id, position] : a.shards)
    if (const auto other = b.shards.find(id); other != b.shards.end())
      both.shards[id] = earlier(position, other->second);
  return both;
}

}  // namespace dynamo_backend::changes
