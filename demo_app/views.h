// The REST API of the blog under /api/: its routes, and how errors of the models become answers.
#pragma once
#include "web/application.h"
#include "web/router.h"

namespace demo_app {

void urls(web::Router& router);

// Answers the exceptions of the models: 400 with fields, 404, 409.
void configure(web::Application& application);

}  // namespace demo_app
