/* A mail server that accepts everything and keeps nothing, fast enough not to be what is measured.
 *
 *     fast_sink PORT [DELAY_MS]
 *
 * Listens on 127.0.0.1, one thread over epoll, PIPELINING offered. Each reply leaves DELAY_MS after
 * its command came in, as over a line with that round trip; commands that came together are
 * answered together. SIGTERM or SIGINT: prints one line of totals as JSON and ends.
 *
 * Build: cc -O2 -o fast_sink fast_sink.c
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE (256 * 1024)
#define LINE_SIZE 2048
#define EVENTS 64

#define GREETING "220 sink.example.org ESMTP\r\n"
#define CAPABILITIES \
    "250-sink.example.org\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n" \
    "250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n"

static const char END[] = "\r\n.\r\n";
#define END_SIZE 5

struct connection {
    int fd;
    int in_content;     /* between 354 and the lone dot */
    int matched;        /* octets of END that the content read so far ends with */
    int quitting;       /* QUIT was read; closed once everything due is written */
    int broken;         /* the other side is gone */
    int waiting;        /* replies in the queue, which point here */
    size_t line_used;
    char line[LINE_SIZE];
};

/* Replies that wait for their moment. The delay is the same for all, so the first is due first. */
struct reply {
    double due;
    struct connection *to;
    char *text;
    size_t size;
    struct reply *next;
};

static struct reply *first_reply, *last_reply;
static double delay_seconds;
static int epoll_fd;
static unsigned long long messages, connections, octets;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return moment.tv_sec + moment.tv_nsec / 1e9;
}

static void *allocate(size_t size) {
    void *found = calloc(1, size);
    if (!found) die("calloc");
    return found;
}

/* ---- replies ---- */

static void free_if_done(struct connection *c) {
    if (c->waiting || !(c->quitting || c->broken)) return;
    close(c->fd); /* also leaves epoll */
    free(c);
}

/* Replies are short: a client that does not read them until the socket is full is given up. */
static void write_all(struct connection *c, const char *text, size_t size) {
    if (c->broken) return;
    if (send(c->fd, text, size, MSG_NOSIGNAL) != (ssize_t)size) {
        c->broken = 1;
        shutdown(c->fd, SHUT_RDWR);
    }
}

static void reply(struct connection *c, const char *text, size_t size) {
    if (size == 0) return;
    if (delay_seconds <= 0) {
        write_all(c, text, size);
        return;
    }
    struct reply *r = allocate(sizeof *r);
    r->due = now() + delay_seconds;
    r->to = c;
    r->size = size;
    r->text = allocate(size);
    memcpy(r->text, text, size);
    if (last_reply) last_reply->next = r; else first_reply = r;
    last_reply = r;
    c->waiting++;
}

static void write_due_replies(void) {
    double moment = now();
    while (first_reply && first_reply->due <= moment) {
        struct reply *r = first_reply;
        first_reply = r->next;
        if (!first_reply) last_reply = NULL;
        write_all(r->to, r->text, r->size);
        r->to->waiting--;
        free_if_done(r->to);
        free(r->text);
        free(r);
    }
}

/* epoll counts whole milliseconds: rounded up, so that no reply leaves before its time. */
static int wait_milliseconds(void) {
    if (!first_reply) return -1;
    double left = (first_reply->due - now()) * 1000;
    return left <= 0 ? 0 : (int)left + 1;
}

/* ---- content: find "\r\n.\r\n", also across reads ---- */

/* One step of Knuth, Morris and Pratt: how much of END is matched after one more octet. */
static int step(int matched, char octet) {
    static const int fallback[END_SIZE] = {0, 0, 0, 1, 2};
    while (matched && octet != END[matched]) matched = fallback[matched - 1];
    return octet == END[matched] ? matched + 1 : 0;
}

/* Return how many octets belong to the content; c->in_content says whether it goes on. */
static size_t skip_content(struct connection *c, const char *data, size_t size) {
    size_t used = 0;
    while (used < size && c->matched > 0 && c->matched < END_SIZE)
        c->matched = step(c->matched, data[used++]);
    if (c->matched < END_SIZE) {
        const char *found = memmem(data + used, size - used, END, END_SIZE);
        if (found) {
            used = found - data + END_SIZE;
            c->matched = END_SIZE;
        } else {
            size_t tail = size - used < END_SIZE - 1 ? size - used : END_SIZE - 1;
            for (size_t i = size - tail; i < size; i++) c->matched = step(c->matched, data[i]);
            used = size;
        }
    }
    octets += used;
    if (c->matched == END_SIZE) {
        c->in_content = 0;
        messages++;
    }
    return used;
}

/* ---- commands ---- */

static const char *answer(struct connection *c) {
    const char *line = c->line;
    if (!strncasecmp(line, "EHLO", 4)) return CAPABILITIES;
    if (!strncasecmp(line, "DATA", 4)) {
        c->in_content = 1;
        c->matched = 2; /* the line end of DATA: content may begin with the lone dot */
        return "354 End data with <CR><LF>.<CR><LF>\r\n";
    }
    if (!strncasecmp(line, "QUIT", 4)) {
        c->quitting = 1;
        return "221 2.0.0 Bye\r\n";
    }
    if (!strncasecmp(line, "MAIL", 4)) return "250 2.1.0 Ok\r\n";
    if (!strncasecmp(line, "RCPT", 4)) return "250 2.1.5 Ok\r\n";
    if (!strncasecmp(line, "HELO", 4) || !strncasecmp(line, "RSET", 4) ||
        !strncasecmp(line, "NOOP", 4))
        return "250 2.0.0 Ok\r\n";
    return "500 5.5.2 Error: command not recognized\r\n";
}

/* Take one line into c->line; return the octets used, and whether the line is whole. */
static size_t take_line(struct connection *c, const char *data, size_t size, int *whole) {
    const char *end = memchr(data, '\n', size);
    size_t used = end ? (size_t)(end - data) + 1 : size;
    size_t room = LINE_SIZE - 1 - c->line_used;
    size_t kept = used < room ? used : room; /* an overlong line is cut: its verb is what counts */
    memcpy(c->line + c->line_used, data, kept);
    c->line_used += kept;
    c->line[c->line_used] = '\0';
    *whole = end != NULL;
    return used;
}

static void handle(struct connection *c, const char *data, size_t size) {
    static char out[READ_SIZE];
    size_t used = 0, written = 0;
    while (used < size && !c->quitting) {
        const char *text = NULL;
        if (c->in_content) {
            used += skip_content(c, data + used, size - used);
            if (!c->in_content) text = "250 2.0.0 Ok: taken\r\n";
        } else {
            int whole;
            used += take_line(c, data + used, size - used, &whole);
            if (whole) {
                c->line_used = 0;
                text = answer(c);
            }
        }
        if (!text) continue;
        size_t length = strlen(text);
        if (written + length > sizeof out) {
            reply(c, out, written);
            written = 0;
        }
        memcpy(out + written, text, length);
        written += length;
    }
    reply(c, out, written);
}

/* ---- sockets ---- */

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket");
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) die("bind");
    if (listen(fd, 1024)) die("listen");
    return fd;
}

static void watch(int fd, void *what) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
}

static void accept_all(int listening) {
    int fd;
    while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct connection *c = allocate(sizeof *c);
        c->fd = fd;
        watch(fd, c);
        connections++;
        reply(c, GREETING, strlen(GREETING));
    }
}

static void read_from(struct connection *c) {
    static char buffer[READ_SIZE];
    ssize_t got = recv(c->fd, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) {
        handle(c, buffer, got);
    } else {
        c->broken = 1;
    }
    if (c->quitting || c->broken) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
        free_if_done(c);
    }
}

static int stop_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK);
}

int main(int count, char **arguments) {
    if (count < 2 || count > 3) {
        fprintf(stderr, "usage: fast_sink PORT [DELAY_MS]\n");
        return 2;
    }
    delay_seconds = count == 3 ? atof(arguments[2]) / 1000 : 0;
    epoll_fd = epoll_create1(0);
    int listening = listen_on(atoi(arguments[1])), signals = stop_signals();
    watch(listening, &listening);
    watch(signals, &signals);
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll_fd, events, EVENTS, wait_milliseconds());
        for (int i = 0; i < ready; i++) {
            void *what = events[i].data.ptr;
            if (what == &signals) {
                printf("{\"messages\": %llu, \"connections\": %llu, \"octets\": %llu}\n",
                       messages, connections, octets);
                return 0;
            }
            if (what == &listening) accept_all(listening); else read_from(what);
        }
        write_due_replies();
    }
}
