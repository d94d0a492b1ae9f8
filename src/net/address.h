/*
 * address: which addresses belong to the public internet.  Pure.
 */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

/*
 * Not: this machine and network (0/8, 127/8, ::1), private and carrier networks, link-local
 * and unique local ones, multicast, what is set apart for documents and tests, and
 * IPv6 addresses that stand for an IPv4 one, but for NAT64's of a public one.
 */
bool address_is_public(const struct sockaddr *a);
