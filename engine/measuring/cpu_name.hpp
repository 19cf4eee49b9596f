#pragma once
/// What a processor is called.

#include <istream>
#include <string>

namespace gradrace {

/// The name in the text of Linux's /proc/cpuinfo: the first "model name", as x86 has it. 64-bit ARM gives numbers of a
/// maker and a part instead: then the names of all kinds of cores, as in "Arm Cortex-A55 + Arm Cortex-A76", and of one
/// that is not known here, its numbers. "unknown" where the text has neither.
std::string cpu_name(std::istream&& cpuinfo);

}  // namespace gradrace
