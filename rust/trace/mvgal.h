/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of mvgal: the way of each job, and how members get at buffers.
 *
 * Clients are numbered as in drm-client-id of fdinfo, members as in the UAPI, 0
 * being the host. Times are CLOCK_MONOTONIC in ns.
 */

#undef TRACE_SYSTEM
#define TRACE_SYSTEM mvgal

#if !defined(_MVGAL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MVGAL_TRACE_H

#include <linux/tracepoint.h>

#define mvgal_show_kind(kind) \
	__print_symbolic(kind, { 1, "COPY" }, { 2, "FILL" }, \
			 { 3, "NATIVE" }, { 4, "BARRIER" }, \
			 { 5, "REPLICATE" })

#define mvgal_show_reach(reach) \
	__print_symbolic(reach, { 0, "COPY" }, { 1, "IMPORT" }, \
			 { 2, "P2P" }, { 3, "OWN" })

#define mvgal_show_limit(limit) \
	__print_symbolic(limit, { 0, "NONE" }, { 1, "EXPORT" }, \
			 { 2, "IMPORT" }, { 3, "EXPORTER_BUS" }, \
			 { 4, "IMPORTER_BUS" }, { 5, "PCI" }, \
			 { 6, "ATTACH" }, { 7, "REFUSED" }, \
			 { 8, "REPLICATED" })

/* A job was taken from its client. */
TRACE_EVENT(mvgal_job_submit,
	TP_PROTO(u64 client, u64 job, u32 kind, u32 priority, u32 member,
		 u64 timeout_ns),
	TP_ARGS(client, job, kind, priority, member, timeout_ns),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u64, job)
		__field(u64, timeout_ns)
		__field(u32, kind)
		__field(u32, priority)
		__field(u32, member)
	),
	TP_fast_assign(
		__entry->client = client;
		__entry->job = job;
		__entry->timeout_ns = timeout_ns;
		__entry->kind = kind;
		__entry->priority = priority;
		__entry->member = member;
	),
	TP_printk("client=%llu job=%llu kind=%s priority=%u member=%u timeout_ns=%llu",
		  __entry->client, __entry->job, mvgal_show_kind(__entry->kind),
		  __entry->priority, __entry->member, __entry->timeout_ns)
);

/* The in-syncs of a job have signalled, and it enters the run queue. */
TRACE_EVENT(mvgal_job_ready,
	TP_PROTO(u64 client, u64 job, u32 member, u32 priority),
	TP_ARGS(client, job, member, priority),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u64, job)
		__field(u32, member)
		__field(u32, priority)
	),
	TP_fast_assign(
		__entry->client = client;
		__entry->job = job;
		__entry->member = member;
		__entry->priority = priority;
	),
	TP_printk("client=%llu job=%llu member=%u priority=%u",
		  __entry->client, __entry->job, __entry->member,
		  __entry->priority)
);

/* A job starts, or is handed to its member's driver. */
TRACE_EVENT(mvgal_job_dispatch,
	TP_PROTO(u64 client, u64 job, u32 member, u32 priority, u64 sequence),
	TP_ARGS(client, job, member, priority, sequence),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u64, job)
		__field(u64, sequence)
		__field(u32, member)
		__field(u32, priority)
	),
	TP_fast_assign(
		__entry->client = client;
		__entry->job = job;
		__entry->sequence = sequence;
		__entry->member = member;
		__entry->priority = priority;
	),
	TP_printk("client=%llu job=%llu member=%u priority=%u sequence=%llu",
		  __entry->client, __entry->job, __entry->member,
		  __entry->priority, __entry->sequence)
);

/* A job that was dispatched is over. */
TRACE_EVENT(mvgal_job_complete,
	TP_PROTO(u64 client, u64 job, u32 member, u32 priority, u32 kind,
		 u64 started_ns, u64 finished_ns, s32 error),
	TP_ARGS(client, job, member, priority, kind, started_ns, finished_ns,
		error),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u64, job)
		__field(u64, started_ns)
		__field(u64, finished_ns)
		__field(u32, member)
		__field(u32, priority)
		__field(u32, kind)
		__field(s32, error)
	),
	TP_fast_assign(
		__entry->client = client;
		__entry->job = job;
		__entry->started_ns = started_ns;
		__entry->finished_ns = finished_ns;
		__entry->member = member;
		__entry->priority = priority;
		__entry->kind = kind;
		__entry->error = error;
	),
	TP_printk("client=%llu job=%llu member=%u priority=%u kind=%s started_ns=%llu finished_ns=%llu error=%d",
		  __entry->client, __entry->job, __entry->member,
		  __entry->priority, mvgal_show_kind(__entry->kind),
		  __entry->started_ns, __entry->finished_ns, __entry->error)
);

/* A job ended that was never dispatched. */
TRACE_EVENT(mvgal_job_cancel,
	TP_PROTO(u64 client, u64 job, u32 member, u32 priority, s32 error),
	TP_ARGS(client, job, member, priority, error),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u64, job)
		__field(u32, member)
		__field(u32, priority)
		__field(s32, error)
	),
	TP_fast_assign(
		__entry->client = client;
		__entry->job = job;
		__entry->member = member;
		__entry->priority = priority;
		__entry->error = error;
	),
	TP_printk("client=%llu job=%llu member=%u priority=%u error=%d",
		  __entry->client, __entry->job, __entry->member,
		  __entry->priority, __entry->error)
);

/* It was settled how a member gets at a buffer. */
TRACE_EVENT(mvgal_buffer_reach,
	TP_PROTO(u64 client, u32 exporter, u32 importer, u32 reach, u32 limit,
		 bool tried, s32 error),
	TP_ARGS(client, exporter, importer, reach, limit, tried, error),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u32, exporter)
		__field(u32, importer)
		__field(u32, reach)
		__field(u32, limit)
		__field(s32, error)
		__field(bool, tried)
	),
	TP_fast_assign(
		__entry->client = client;
		__entry->exporter = exporter;
		__entry->importer = importer;
		__entry->reach = reach;
		__entry->limit = limit;
		__entry->error = error;
		__entry->tried = tried;
	),
	TP_printk("client=%llu exporter=%u importer=%u reach=%s limit=%s tried=%d error=%d",
		  __entry->client, __entry->exporter, __entry->importer,
		  mvgal_show_reach(__entry->reach),
		  mvgal_show_limit(__entry->limit), __entry->tried,
		  __entry->error)
);

#endif /* _MVGAL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE mvgal
#include <trace/define_trace.h>
