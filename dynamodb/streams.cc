#include "dynamodb/streams.h"

namespace dynamodb {

std::string stream_arn(const StreamName& name) {
  return table_arn(name.table) + "/stream/" + name.label;
}

std::optional<StreamName> parse_stream_arn(std::string_view arn) {
  constexpr std::string_view kStream = "/stream/";
  const auto resource = resource_of_arn(arn);
  const auto at = resource ? resource->find(kStream) : std::string_view::npos;
  if (at == std::string_view::npos) return std::nullopt;
  StreamName name{std::string(resource->substr(0, at)),
                  std::string(resource->substr(at + kStream.size()))};
  if (name.table.empty() || name.label.empty()) return std::nullopt;
  return name;
}

}  // namespace dynamodb
