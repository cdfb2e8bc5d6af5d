// The settings as the options of a web application: what runserver serves with and what
// `check --live` looks at.
#pragma once
#include "management/command.h"
#include "web/application.h"

namespace management {

// Makes the secret key where there is none. Throws CommandError.
web::ApplicationOptions application_options(Context& context);

}  // namespace management
