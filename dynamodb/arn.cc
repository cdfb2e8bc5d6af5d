#include "dynamodb/arn.h"

namespace dynamodb {

std::string table_arn(std::string_view table) {
  std::string arn = "arn:aws:dynamodb:";
  arn.append(kLocalRegion).append(":").append(kLocalAccount).append(":table/").append(table);
  return arn;
}

std::optional<std::string_view> resource_of_arn(std::string_view arn) {
  // arn:partition:dynamodb:region:account:table/…
  constexpr std::string_view kTable = "table/";
  std::string_view rest = arn;
  for (int part = 0; part < 5; ++part) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest.substr(0, colon);
    if ((part == 0 && text != "arn") || (part == 2 && text != "dynamodb")) return std::nullopt;
    rest.remove_prefix(colon + 1);
  }
  if (!rest.starts_with(kTable)) return std::nullopt;
  return rest.substr(kTable.size());
}

std::string_view table_name_of(std::string_view name_or_arn) {
  const auto resource = resource_of_arn(name_or_arn);
  return resource && resource->find('/') == std::string_view::npos ? *resource : name_or_arn;
}

}  // namespace dynamodb
