// The blog's templates and static files, as they are built into the program.
#pragma once
#include "web/embedded.h"

namespace demo_app {

web::TemplateFolder templates();
web::StaticFolder static_files();

}  // namespace demo_app
