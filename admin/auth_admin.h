// Registrations of what the framework has itself: users, groups, permissions, sessions, the
// admin's log and its jobs.
// Thread safety: as Site::add().
#pragma once

namespace admin {

void register_auth();

}  // namespace admin
