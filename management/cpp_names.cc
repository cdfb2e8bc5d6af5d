#include "management/cpp_names.h"

#include <cctype>
#include <cstdio>
#include <set>

namespace management {
namespace {

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool is_cpp_keyword(std::string_view name) {
  static const std::set<std::string_view> kKeywords = {
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break",
      "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return",
      "co_yield", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit",
      "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
      "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline",
      "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
      "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
      "requires", "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast",
      "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef",
      "typeid", "typename", "union", "unsigned", "using", "virtual", "void", "volatile", "wchar_t",
      "while", "xor", "xor_eq",
      // Macros that headers define, or that compilers may.
      "assert", "errno", "linux", "unix", "NULL", "EOF", "stdin", "stdout", "stderr", "major",
      "minor", "makedev", "INFINITY", "NAN", "TRUE", "FALSE"};
  return kKeywords.count(name) > 0;
}

bool is_c_name(std::string_view name) {
  static constexpr std::string_view kNames =
      " "
      "Dl_info Dl_serinfo Dl_serpath abi addrinfo alloca assert_perror at_quick_exit atexit "
      "be16toh be32toh be64toh bindresvport6 cmsghdr crypt d_fileno d_ino dirent dirent64 "
      "dl_find_object drand48_data evp_pkey_ctx_st evp_pkey_st f_owner_ex fd_mask fd_set "
      "file_handle flock64 gaicb getumask group_filter group_req group_source_req h_addr "
      "h_errno hostent htobe16 htobe32 htobe64 htole16 htole32 htole64 in6_addr in6_pktinfo "
      "in_addr in_pktinfo iovec ip6_mtuinfo ip_mreq ip_mreq_source ip_mreqn ip_msfilter "
      "ip_opts ipv6_mreq iscanonical iseqsig issignaling issubnormal iszero itimerspec "
      "itimerval jmp_buf lconv le16toh le32toh le64toh linger link_map math_errhandling "
      "mmsghdr msghdr netent obstack offsetof osockaddr passwd pollfd protoent pthread_atfork "
      "pthread_cleanup_pop pthread_cleanup_pop_restore_np pthread_cleanup_push "
      "pthread_cleanup_push_defer_np pthread_mutex_consistent_np "
      "pthread_mutexattr_getrobust_np pthread_mutexattr_setrobust_np pthread_yield "
      "random_data re_pattern_buffer re_registers rlimit rlimit64 rpcent rusage s6_addr "
      "s6_addr16 s6_addr32 sa_handler sa_sigaction sched_param sched_priority servent si_addr "
      "si_addr_lsb si_arch si_band si_call_addr si_fd si_int si_lower si_overrun si_pid "
      "si_pkey si_ptr si_status si_stime si_syscall si_timerid si_uid si_upper si_utime "
      "si_value sigcontext sigev_notify_attributes sigev_notify_function sigevent sigjmp_buf "
      "sigmask sigsetjmp sigval sockaddr sockaddr_in sockaddr_in6 sockaddr_storage st_atime "
      "st_ctime st_mtime statx_timestamp strdupa strndupa timeradd timerclear timercmp "
      "timerisset timersub timespec timeval timex tm u_char u_int u_long u_short ucred uint "
      "ulong ushort va_arg va_copy va_end va_list va_start ";
  // EOF, SYS_read, PRIu64: macros.
  const auto is_capital = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool macro = name.size() > 1 && is_capital(name[0]) && is_capital(name[1]);
  return macro || name.ends_with("_t") ||
         kNames.find(" " + std::string(name) + " ") != std::string_view::npos;
}

std::string camel_case(std::string_view text) {
  std::string out;
  bool up = true;
  for (const char c : text) {
    if (!is_alnum(c)) {
      up = true;
      continue;
    }
    out += up ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    up = false;
  }
  return out;
}

std::string cpp_identifier(std::string_view text, std::string_view prefix) {
  std::string out;
  for (const char c : text) {
    if (is_alnum(c))
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  if (out.size() > 1 && out.back() == '_' && !text.ends_with('_')) out.pop_back();
  if (out.empty()) return std::string(prefix);
  if (out[0] >= '0' && out[0] <= '9') out = std::string(prefix) + "_" + out;
  if (is_cpp_keyword(out) || is_c_name(out)) out += '_';
  return out;
}

std::string cpp_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '?') {  // "??/" would be a trigraph
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      char octal[5];
      std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned>(byte));
      out += octal;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace management
