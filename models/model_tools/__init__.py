"""What the training scripts of `models/` share: conversion, measurement, cost, and the written record."""
