// A small application whose views ask as well, and as badly, as views do.
#pragma once
#include <memory>

#include "dynamo_backend/connection.h"
#include "dynamodb/local/engine.h"
#include "web/router.h"

namespace test_views {

// In memory, with 60 things.
class Database {
 public:
  Database();

 private:
  std::unique_ptr<dynamodb::local::Engine> engine_;
  std::unique_ptr<dynamo_backend::ScopedConnection> connection_;
};

void urls(web::Router& r);

}  // namespace test_views
