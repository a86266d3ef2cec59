/* Keeps standard streams that were closed when the program started from looking like good ones.

   Before `main`, Rust's runtime opens /dev/null for reading and writing in place of each closed stream. That keeps a data
   file from becoming standard output, but what is printed then vanishes and the program reports success. Whether a stream
   was closed can be seen only before the runtime looks, that is in a constructor, which Rust has none of without unsafe
   code.

   So each closed stream becomes /dev/null here, and standard output becomes one that is open for reading alone: it stays
   taken, and `output.rs` sees that nothing can be written there. Descriptors are opened lowest first, so each open takes
   the place it is meant for. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) static void take_closed_streams(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF) {
            if (open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_RDWR) != stream) {
                /* Nothing is safe to open now: the next file could become a standard stream. */
                _exit(2);
            }
        }
    }
}
