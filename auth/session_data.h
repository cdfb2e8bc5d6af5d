// What auth keeps in a session's data.
#pragma once
#include <string_view>

namespace auth {

inline constexpr std::string_view kSessionEpoch = "auth_epoch";  // User::session_epoch at sign-in
inline constexpr std::string_view kSessionAddress = "auth_address";
inline constexpr std::string_view kSessionAgent = "auth_agent";

}  // namespace auth
