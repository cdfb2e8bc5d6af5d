// The commands that every project has.
#pragma once
#include <memory>
#include <vector>

#include "management/command.h"

namespace management {

std::unique_ptr<Command> make_check();
std::unique_ptr<Command> make_ddb();
std::unique_ptr<Command> make_dmakemigrations();
std::unique_ptr<Command> make_dmigrate();
std::unique_ptr<Command> make_dumpdata();
std::unique_ptr<Command> make_flush();
std::unique_ptr<Command> make_inspectdb();
std::unique_ptr<Command> make_loaddata();
std::unique_ptr<Command> make_makemigrations();  // another name of dmakemigrations
std::unique_ptr<Command> make_migrate();         // another name of dmigrate
std::unique_ptr<Command> make_opensearch_reindex();
std::unique_ptr<Command> make_opensearch_sync();
std::unique_ptr<Command> make_resume_jobs();
std::unique_ptr<Command> make_runserver();
std::unique_ptr<Command> make_search();  // verify, repair
std::unique_ptr<Command> make_search_dead_letters();
std::unique_ptr<Command> make_search_status();
std::unique_ptr<Command> make_showmigrations();
std::unique_ptr<Command> make_startapp();
std::unique_ptr<Command> make_startproject();  // of the `ddbdjango` program

inline std::vector<std::shared_ptr<Command>> builtin_commands() {
  std::vector<std::shared_ptr<Command>> commands;
  commands.push_back(make_check());
  commands.push_back(make_ddb());
  commands.push_back(make_dmakemigrations());
  commands.push_back(make_dmigrate());
  commands.push_back(make_dumpdata());
  commands.push_back(make_flush());
  commands.push_back(make_inspectdb());
  commands.push_back(make_loaddata());
  commands.push_back(make_makemigrations());
  commands.push_back(make_migrate());
  commands.push_back(make_opensearch_reindex());
  commands.push_back(make_opensearch_sync());
  commands.push_back(make_resume_jobs());
  commands.push_back(make_runserver());
  commands.push_back(make_search());
  commands.push_back(make_search_dead_letters());
  commands.push_back(make_search_status());
  commands.push_back(make_showmigrations());
  commands.push_back(make_startapp());
  return commands;
}

}  // namespace management
