"""What tests stand on: servers, processes, builders."""
