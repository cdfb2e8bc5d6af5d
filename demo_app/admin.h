// The blog in the admin.
// Thread safety: as admin::Site::add().
#pragma once

namespace demo_app {

void register_admin();

}  // namespace demo_app
