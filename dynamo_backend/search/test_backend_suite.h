// What every backend of search must do, as one suite: a test program includes this and says
//
//   INSTANTIATE_TEST_SUITE_P(Local, BackendSuite, testing::Values(BackendFactory{[] { return …;
//   }}));
#pragma once
#include "dynamo_backend/search/test_backend_filters.h"
#include "dynamo_backend/search/test_backend_finding.h"
#include "dynamo_backend/search/test_backend_writing.h"
