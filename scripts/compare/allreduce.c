/* All-reduce of float32 vectors by MPI, to hold beside `potluck bench averaging --case 4x18M-float16`.
 *
 *   mpicc -O3 -march=native scripts/compare/allreduce.c -o /tmp/allreduce
 *   mpirun -n 4 --oversubscribe --mca btl tcp,self --mca pml ob1 /tmp/allreduce 18000000 15
 *
 * Prints median, least and greatest seconds of the rounds, from a barrier until the slowest process
 * holds the mean, and the processor seconds of all processes per round. What comes out is checked.
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double processor_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int values = argc > 1 ? atoi(argv[1]) : 18000000;
  int rounds = argc > 2 ? atoi(argv[2]) : 15;
  int warmup = 3;
  float *own = malloc(sizeof(float) * values);
  float *mean = malloc(sizeof(float) * values);
  double *seconds = malloc(sizeof(double) * rounds);
  double processor = 0;
  for (int round = -warmup; round < rounds; round++) {
    for (int i = 0; i < values; i++) own[i] = (float)(rank + 1) * ((i + round) % 1000) / 1000;
    MPI_Barrier(MPI_COMM_WORLD);
    double began = MPI_Wtime(), began_processor = processor_seconds();
    MPI_Allreduce(own, mean, values, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    for (int i = 0; i < values; i++) mean[i] /= size;
    double took = MPI_Wtime() - began, used = processor_seconds() - began_processor;
    double slowest, all;
    MPI_Reduce(&took, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    MPI_Reduce(&used, &all, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    for (int i = 0; i < values; i++) {
      double expected = (size + 1) / 2.0 * ((i + round) % 1000) / 1000;
      if (!(fabs(mean[i] - expected) < 1e-5)) {
        fprintf(stderr, "value %d is %g instead of %g\n", i, mean[i], expected);
        MPI_Abort(MPI_COMM_WORLD, 6);
      }
    }
    if (rank == 0 && round >= 0) {
      seconds[round] = slowest;
      processor += all;
    }
  }
  if (rank == 0) {
    qsort(seconds, rounds, sizeof(double), ascending);
    printf("%d processes, %d values: median %.4f s, %.4f to %.4f s, %.3f processor seconds\n", size,
           values, seconds[rounds / 2], seconds[0], seconds[rounds - 1], processor / rounds);
  }
  MPI_Finalize();
  return 0;
}
