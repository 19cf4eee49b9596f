#include "kernels/thread_stack.hpp"

#include <omp.h>
#include <pthread.h>

#include <algorithm>

#include "kernels/cpus.hpp"

namespace gradrace::kernels {

Index thread_stack() {
  std::size_t bytes = 0;
  // Asked for more than its limit, LLVM's runtime warns on standard error.
  const int threads = int(std::min<Index>(2, thread_limit()));
#pragma omp parallel num_threads(threads)
  if (omp_get_thread_num() == omp_get_num_threads() - 1) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstacksize(&attributes, &bytes);
      pthread_attr_destroy(&attributes);
    }
  }
  return Index(bytes);
}

}  // namespace gradrace::kernels
