#ifndef CBLAKE3_H
#define CBLAKE3_H
#endif
