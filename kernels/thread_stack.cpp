#include "kernels/thread_stack.hpp"

#include <omp.h>
#include <pthread.h>

namespace gradrace::kernels {

Index thread_stack() {
  std::size_t bytes = 0;
#pragma omp parallel num_threads(2)
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
