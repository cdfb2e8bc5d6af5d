#include "auth/cognito/settings.h"

#include <algorithm>

namespace auth::cognito {

GroupMapping map_groups(const GroupTable& table, const std::vector<std::string>& pool_groups) {
  GroupMapping sum;
  for (const auto& group : pool_groups) {
    const auto found = table.find(group);
    if (found == table.end()) continue;
    sum.is_staff |= found->second.is_staff;
    sum.is_superuser |= found->second.is_superuser;
    sum.groups.insert(sum.groups.end(), found->second.groups.begin(), found->second.groups.end());
  }
  std::sort(sum.groups.begin(), sum.groups.end());
  sum.groups.erase(std::unique(sum.groups.begin(), sum.groups.end()), sum.groups.end());
  return sum;
}

}  // namespace auth::cognito
