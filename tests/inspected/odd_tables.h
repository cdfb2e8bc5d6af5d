// The tables that the tests of inspectdb look at: the blog's, and those that nobody would make.
#pragma once
#include "dynamodb/client.h"

namespace inspected {

// Makes and fills them. REQUIRES: the process's Connection is to `client`, which has no tables.
void make_tables(dynamodb::Client& client);

}  // namespace inspected
